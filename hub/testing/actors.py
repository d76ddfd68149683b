"""Those who talk in a test's transcript: customers and agents.

::

    visitor = kit.visitor("fake", "u1")
    await visitor.says("你好")
    await visitor.hears("你好")
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hub.conversations.scene import Scene
from hub.message import Element, Text, plain_text
from hub.plugin import Accepted, Inbound, Outbound, Sender
from hub.records import Agent, Author, Conversation, Message
from hub.store.change import Change

if TYPE_CHECKING:
    from hub.testing.kit import HubKit


class VisitorActor:
    """A customer. `heard` are the messages already taken note of."""

    def __init__(self, kit: HubKit, channel: str, external_id: str, *, name: str, locale: str) -> None:
        self.channel = channel
        self.external_id = external_id
        self.heard: list[Outbound] = []
        self._kit = kit
        self._sender = Sender(external_id, name=name, locale=locale)
        self._numbers = itertools.count(1)

    async def says(self, *parts: str | Element, key: str = "", **more: Any) -> Accepted:
        """Write something; returns when it is stored. The same `key` again is the same message."""
        body = tuple(Text(part) if isinstance(part, str) else part for part in parts)
        key = key or f"{self.external_id}-{next(self._numbers)}"
        self._kit.transcript.append(f"{self.external_id} says: {plain_text(body)}")
        inbound = Inbound(key, self._sender, body, **more)
        return await self._kit.hub.path.accept(self.channel, inbound)

    def _unheard(self) -> list[Outbound]:
        world = self._kit.world(self.channel)
        mine = [message for message in world.arrived if message.address == self.external_id]
        return mine[len(self.heard) :]

    async def hears(self, *texts: str, turning: float = 0) -> None:
        """The next messages contain these texts, in this order; waits for them."""
        for text in texts:
            await self._kit.until(self._unheard, f"{self.external_id} hears {text!r}", turning=turning)
            message = self._unheard()[0]
            got = plain_text(message.body)
            self._kit.transcript.append(f"{self.external_id} hears: {got}")
            if text not in got:
                raise AssertionError(self._kit.explain(f"{self.external_id} should hear {text!r}, but heard {got!r}"))
            self.heard.append(message)

    async def hears_line(self, code: str, **values: str) -> None:
        """The next message is this line of the house (``handed_over``, ``joined``, ``closed``)."""
        await self.hears(self._kit.hub.texts.line(code, self._sender.locale, **values))

    async def hears_nothing_more(self) -> None:
        """When the hub has nothing left to do, nothing unheard has arrived."""
        await self._kit.settled()
        left = [plain_text(message.body) for message in self._unheard()]
        assert not left, self._kit.explain(f"{self.external_id} should hear nothing more, but heard {left}")

    async def conversation(self) -> Conversation:
        """Their latest conversation, once there is one."""
        hub = self._kit.hub
        key = (hub.registry.platform_of(self.channel), self._sender.scope or self.channel, self.external_id)

        async def look() -> Conversation | None:
            dossier = await hub.people.find(key)
            return dossier.conversation if dossier is not None else None

        found: Conversation = await self._kit.until(look, f"{self.external_id} has a conversation")
        return found

    async def is_with(self, owner_kind: str) -> Conversation:
        """Wait until a bot, a queue or an agent owns their conversation."""

        async def look() -> Conversation | None:
            conversation = await self.conversation()
            return conversation if conversation.owner_kind == owner_kind else None

        found: Conversation = await self._kit.until(look, f"{self.external_id} is with {owner_kind}")
        return found


class AgentActor:
    """Somebody who serves; speaks in the conversation taken last."""

    def __init__(self, kit: HubKit, name: str, role: Any) -> None:
        self.name = name
        self._kit = kit
        self._role = role
        self._agent: Agent | None = None
        self._conversation = 0

    async def record(self) -> Agent:
        """Who they are to the hub; known from now on."""
        hub = self._kit.hub
        if self._agent is None:
            change = Change()
            self._agent = Agent(hub.store.ids.next(), f"agent{len(hub.agents.all()) + 1}", self.name, self._role)
            hub.agents.add(change, self._agent)
            await hub.store.commit(change)
        return hub.agents.get(self._agent.id)

    async def takes(self, visitor: VisitorActor) -> Conversation:
        """Become the owner of the visitor's conversation."""
        self._kit.transcript.append(f"{self.name} takes {visitor.external_id}")
        return await self.takes_over((await visitor.conversation()).id)

    async def takes_over(self, conversation_id: int) -> Conversation:
        """Become the owner of this conversation."""
        self._conversation = conversation_id
        agent = await self.record()
        return await self._acts(lambda scene: scene.assign_agent(agent))

    async def says(self, text: str, *, client_id: str = "") -> Message:
        """Answer the customer."""
        self._kit.transcript.append(f"{self.name} says: {text}")
        return await self._writes(text, note=False, client_id=client_id)

    async def notes(self, text: str) -> Message:
        """Write a note for colleagues."""
        self._kit.transcript.append(f"{self.name} notes: {text}")
        return await self._writes(text, note=True)

    async def closes(self, *tags: str) -> Conversation:
        """End the conversation."""
        self._kit.transcript.append(f"{self.name} closes")
        return await self._acts(lambda scene: scene.close(tags))

    async def _writes(self, text: str, **how: Any) -> Message:
        agent = await self.record()
        author = Author("agent", str(agent.id), agent.name)
        played = await self._play(lambda scene: scene.say(author, (Text(text),), **how))
        # As filters let it out.
        return played.said[-1]

    async def _acts(self, act: Callable[[Scene], object]) -> Conversation:
        conversation = (await self._play(act)).conversation
        assert conversation is not None
        return conversation

    async def _play(self, act: Callable[[Scene], object]) -> Scene:
        async def play(scene: Scene) -> Scene:
            act(scene)
            return scene

        actor = (await self.record()).login
        played: Scene = await self._kit.hub.path.in_conversation(self._conversation, actor, play)
        return played

    async def sees(self, *texts: str) -> None:
        """The conversation holds these texts, in this order, among others."""
        await self._sees(texts, ("in", "out", "system", "note"))

    async def sees_note(self, text: str) -> None:
        """There is a note with this text."""
        await self._sees((text,), ("note",))

    async def _sees(self, texts: tuple[str, ...], directions: tuple[str, ...]) -> None:
        messages = await self._kit.hub.reading.messages(self._conversation, limit=200)
        said = [plain_text(message.body) for message in messages if message.direction in directions]
        rest = iter(said)
        for text in texts:
            if not any(text in one for one in rest):
                raise AssertionError(self._kit.explain(f"{self.name} does not see {text!r} in its place; sees {said}"))
