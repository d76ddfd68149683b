"""What agents do in conversations. Each act is a scene in the customer's lane: two agents never collide."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from hub import Agent, Author, Body, Conflict, Context, Conversation, Message, Refused, Text
from hub.house import Scene
from hub_desk.tables import Statements
from hub_desk.words import refusal


class Acts:
    """The acts. Each raises Refused (404 not_found, 409 closed, 403 not_yours) or Conflict, and then did nothing."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def send(
        self,
        agent: Agent,
        conversation_id: int,
        body: Body,
        *,
        visibility: Literal["public", "note"] = "public",
        leg: int | None = None,
        client_id: str = "",
    ) -> Message:
        """Say something to the customer, or write a note; returns it as filters let it out.

        The same `client_id` again gives the same message. Raises Refused (422 kept_back, 503 not_checked) where a filter
        does not let it out.
        """
        key = f"{agent.id}/{client_id}" if client_id else ""
        if said := await self._said(key):
            return said

        async def play(scene: Scene) -> Message | Scene:
            # Looked up again in the lane: the first copy may have been stored since.
            if again := await self._said(key):
                return again
            note = visibility == "note"
            if not note:
                self._check_owner(agent, scene)
            author = Author("agent", str(agent.id), agent.name)
            chosen = leg if leg is not None or note else await self._leg(scene)
            message = scene.say(author, body, note=note, leg_id=chosen, client_id=client_id)
            if key:
                scene.change.write(Statements.sent_once, (key, message.id))
            return scene

        played = await self._ctx.house.play(conversation_id, agent.login, play)
        # A filter may have changed the words.
        return played.said[-1] if isinstance(played, Scene) else played

    async def _leg(self, scene: Scene) -> int | None:
        """Where the customer wrote last and can still be reached."""
        leg = await self._ctx.house.leg_to_answer(scene.legs.values()) if len(scene.legs) > 1 else None
        return leg.id if leg is not None else None

    async def _said(self, key: str) -> Message | None:
        """What was sent under this key."""
        sql = "SELECT message_id FROM desk_sent_once WHERE key = ?"
        found = await self._ctx.reader.value(sql, key) if key else None
        return await self._ctx.reading.message(found) if found is not None else None

    @staticmethod
    def _check_owner(agent: Agent, scene: Scene) -> None:
        conversation = scene.conversation
        assert conversation is not None
        if conversation.status != "open":
            raise Refused(409, "closed", "this conversation is closed")
        if conversation.owner_kind != "agent" or conversation.owner_id != str(agent.id):
            raise Refused(403, "not_yours", "take the conversation before you answer the customer")

    async def take(self, agent: Agent, conversation_id: int, version: int | None = None) -> Conversation:
        """Become the owner of what waits, or is with the bots. Raises Conflict when somebody was faster."""

        async def play(scene: Scene) -> Scene:
            conversation = scene.conversation
            assert conversation is not None
            if conversation.owner_kind == "agent":
                if conversation.owner_id == str(agent.id):
                    return scene
                if agent.role == "agent" or version != conversation.version:
                    raise Conflict("somebody else has taken this conversation")
            scene.assign_agent(agent)
            return scene

        return await self._then(agent, conversation_id, play)

    async def release(self, agent: Agent, conversation_id: int) -> Conversation:
        """Give it back to the queue; the customer keeps their place by age."""

        async def play(scene: Scene) -> Scene:
            self._check_may_move(agent, scene)
            scene.hand_over("returned", "")
            return scene

        return await self._then(agent, conversation_id, play)

    async def assign(
        self,
        agent: Agent,
        conversation_id: int,
        *,
        to_agent: int | None = None,
        to_team: str | None = None,
        note: str = "",
    ) -> Conversation:
        """Transfer to another agent or into a team's queue, with a note for who comes next."""
        if (to_agent is None) == (to_team is None):
            raise Refused(422, "bad_target", "name either an agent or a team")
        house = self._ctx.house
        target = house.agents.known(to_agent) if to_agent is not None else None
        if to_agent is not None and target is None:
            raise refusal("no_such_agent", self._ctx.locale)
        if target is not None and not target.active:
            raise Refused(409, "inactive", f"{target.name} is no longer active")
        if to_team is not None and to_team not in {team.id for team in house.teams}:
            raise Refused(404, "no_such_team", f"there is no team {to_team!r}")

        async def play(scene: Scene) -> Scene:
            self._check_may_move(agent, scene)
            if note:
                author = Author("agent", str(agent.id), agent.name)
                scene.say(author, (Text(note),), note=True)
            if target is not None:
                scene.assign_agent(target)
            else:
                scene.hand_over("transferred", to_team or "")
            return scene

        return await self._then(agent, conversation_id, play)

    async def close(self, agent: Agent, conversation_id: int, tags: Sequence[str] = ()) -> Conversation:
        """End it."""

        async def play(scene: Scene) -> Scene:
            self._check_may_move(agent, scene)
            scene.close(tags)
            return scene

        return await self._then(agent, conversation_id, play)

    async def read(self, agent: Agent, conversation_id: int, message_id: int) -> None:
        """The owner has seen the customer's messages up to this one."""

        async def play(scene: Scene) -> None:
            conversation = scene.conversation
            assert conversation is not None
            if conversation.owner_kind == "agent" and conversation.owner_id == str(agent.id):
                scene.read()

        await self._ctx.house.play(conversation_id, agent.login, play)

    @staticmethod
    def _check_may_move(agent: Agent, scene: Scene) -> None:
        """Its owner may, anybody may move what no agent owns, and supervisors may always."""
        conversation = scene.conversation
        assert conversation is not None
        others = conversation.owner_kind == "agent" and conversation.owner_id != str(agent.id)
        if others and agent.role == "agent":
            raise Refused(403, "not_yours", "this conversation belongs to somebody else")

    async def _then(self, agent: Agent, conversation_id: int, play: Callable[[Scene], Awaitable[Scene]]) -> Conversation:
        scene = await self._ctx.house.play(conversation_id, agent.login, play)
        assert scene.conversation is not None
        return scene.conversation
