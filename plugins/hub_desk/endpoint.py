"""The workbench's stream: everything that happens with the customers an agent may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from aiohttp import web
from msgspec.structs import replace

from hub import Agent, Conversation, Event, Person, Refused
from hub.house import sees
from hub.pages import Dossier
from hub_desk.allowances import Shapes, Watch
from hub_desk.commands import run
from hub_desk.others import show_typing
from hub_desk.shapes import agent_shape, conversation_shape, thread_shape
from hub_desk.workbench import Workbench
from hub_realtime import Endpoint, Hello, Json, Party, Topic

DESK: Final[Topic] = ("desk",)
STREAM: Final = "/api/realtime"
OFFERED: Final = "routing.offered"
"""Somebody routes, and waits for the word of the agent in the event's data. Others are not told."""


class Browser(NamedTuple):
    """A `Party.who`: the agent and the digest of the session their browser came with."""

    agent: int
    session: str


class DeskEndpoint(Endpoint):
    """Agents, signed in by their session cookie."""

    def __init__(self, desk: Workbench) -> None:
        self._desk = desk
        self._ctx = desk.ctx
        self._realtime = desk.realtime
        self._accounts = desk.accounts
        self._watch = Watch(desk.ctx, self._allowed)
        desk.accounts.on_change.append(self._changed)

    def _changed(self, agent: Agent) -> None:
        self._realtime.signal(DESK, "agent", {"agent": agent_shape(agent)})
        self._realtime.dismiss(DESK, lambda party: not self._accounts.is_signed_in(*party.who))

    async def open(self, request: web.Request, hello: Hello) -> Party:
        """The agent behind the cookie. A page of another origin may not use it."""
        origin = request.headers.get("Origin")
        if origin is not None and origin.partition("://")[2] != request.host:
            raise Refused(403, "wrong_origin", "this page is not the hub's own")
        signed = self._accounts.who(request)
        if signed is None:
            raise Refused(401, "signed_out", "sign in first")
        return Party(Browser(signed.agent.id, signed.digest), DESK, hello.locale or self._ctx.locale)

    def agent(self, party: Party) -> Agent:
        """The party's account as it is now."""
        return self._accounts.agent(party.who.agent)

    async def opened(self, party: Party) -> None:
        """One more desk of this agent is open."""
        self._ctx.house.agents.connected(party.who.agent, +1)

    async def closed(self, party: Party) -> None:
        """One less."""
        self._watch.show(id(party), None)
        self._ctx.house.agents.connected(party.who.agent, -1)

    # -- what they see ------------------------------------------------------------------------------

    async def snapshot(self, party: Party) -> dict[str, Any]:
        """Everything open, and the people and channels around it."""
        house, agent = self._ctx.house, self.agent(party)
        open_ones = [c for c in await self._ctx.reading.conversations(status="open") if sees(agent, c)]
        return {
            "me": agent_shape(agent),
            "agents": [agent_shape(one) for one in house.agents.all() if one.active],
            "teams": [{"id": team.id, "name": house.team_name(team.id, party.locale)} for team in house.teams],
            "channels": self._channels(),
            "conversations": [shape for c in open_ones if (shape := await self._row(c)) is not None],
            "plugins": sorted({status.plugin for status in house.instances}),
            "canned": self._desk.canned,
            "dead_letters": house.dead_letters.total,
            "locale": self._ctx.locale,
        }

    def _channels(self) -> list[Json]:
        return [
            {
                "name": name,
                "platform": channel.platform,
                "title": channel.title or name,
                "kinds": sorted(channel.limits.kinds),
                "max_text": channel.limits.max_text,
            }
            for name, channel in self._ctx.house.channels.items()
        ]

    async def _row(self, conversation: Conversation) -> Json | None:
        """A conversation as the list shows it."""
        dossier = await self._ctx.house.dossier(conversation.person_id)
        return None if dossier is None else self._shape(dossier, conversation)

    def _shape(self, dossier: Dossier, conversation: Conversation) -> Json:
        platforms = {name: channel.platform for name, channel in self._ctx.house.channels.items()}
        legs = [leg for leg in dossier.legs.values() if leg.conversation_id == conversation.id]
        owner = self._ctx.owner_name(conversation)
        return conversation_shape(conversation, dossier.person, legs, owner, platforms)

    def topics(self, event: Event, dossier: Dossier | None) -> Iterable[Topic]:
        """All desks; `allows` looks closer."""
        return (DESK,)

    def allows(self, party: Party, event: Event, dossier: Dossier | None) -> bool:
        """Does the agent see this conversation?"""
        if dossier is None or dossier.conversation is None:
            return False
        if event.kind == OFFERED:
            return event.data.get("agent") == str(party.who.agent)
        return sees(self.agent(party), dossier.conversation)

    def instead(self, party: Party, event: Event) -> tuple[str, Json] | None:
        """To who saw a conversation before it moved, and does not now: that it is gone."""
        was = event.data.get("was")
        if was is None or not sees(self.agent(party), replace(_NOBODYS, **was)):
            return None
        return "conversation.gone", {"id": str(event.conversation_id)}

    async def missed(self, party: Party, after: int, limit: int) -> Sequence[Event]:
        """What happened meanwhile, whoever it concerns."""
        return await self._ctx.reading.events(after, limit)

    def render(self, event: Event, dossier: Dossier | None) -> tuple[str, Json] | None:
        """An event with the conversation as it is now."""
        if dossier is None or dossier.conversation is None:
            return None
        conversation = self._shape(dossier, dossier.conversation)
        message = event.message
        if event.kind == "message.created" and message is not None:
            said = thread_shape(message, event.data)
            same = message.conversation_id == dossier.conversation.id
            return "message.created", {"message": said, "conversation": conversation if same else None}
        if event.kind == "message.changed" and message is not None:
            facts = {"state": event.data["state"], "error": event.data.get("error", "")}
            ids = {"id": str(message.id), "conversation_id": str(message.conversation_id)}
            return "message.changed", {**ids, **facts, "dead_letters": self._ctx.house.dead_letters.total}
        if event.kind == OFFERED:
            return "conversation.offered", {"conversation": conversation}
        if event.kind == "conversation.joined":
            return "conversation.gone", {"id": str(event.conversation_id)}
        if event.kind == "person.merged" and event.data["merged"] == str(event.person_id):
            # What they had open is gone; the survivor's event tells the rest.
            return None
        if event.kind in ("person.merged", "person.unmerged", "person.erased"):
            # Messages have come or gone as well, or have lost their words.
            return "conversation.changed", {"conversation": conversation, "reload": True}
        if event.kind.startswith(("conversation.", "person.")):
            return "conversation.changed", {"conversation": conversation}
        return None

    # -- what they do -------------------------------------------------------------------------------

    async def command(self, party: Party, name: str, id: str, data: dict[str, Any]) -> Mapping[str, Any]:
        """See `hub_desk.commands`."""
        return await run(self._desk, self.agent(party), name, id, data)

    async def signal(self, party: Party, name: str, data: dict[str, Any]) -> None:
        """Typing goes to the customer and the other desks, viewing to the desks."""
        agent = self.agent(party)
        who = {"kind": "agent", "id": str(agent.id), "name": agent.name}
        if name == "viewing":
            shown = _id(data.get("conversation"))
            self._watch.show(id(party), shown)
            news = {"conversation": None if shown is None else str(shown), "agent": who}
            self._realtime.signal(DESK, "viewing", news, but=party)
        elif name == "typing" and (written := _id(data.get("conversation"))) is not None:
            await self._typing(party, agent, written, bool(data.get("on")), who)

    async def _typing(self, party: Party, agent: Agent, conversation_id: int, on: bool, who: dict[str, str]) -> None:
        conversation = await self._ctx.reading.conversation(conversation_id)
        if conversation is None or not sees(agent, conversation):
            return
        news = {"conversation": str(conversation_id), "on": on, "author": who}
        self._realtime.signal(DESK, "typing", news, but=party, to=self._seers(conversation))
        if conversation.owner_id == str(agent.id):
            await show_typing(self._ctx, conversation, agent, on)

    def customer_typing(self, person: Person, conversation: Conversation, on: bool) -> None:
        """A customer types: tell the desks."""
        who = {"kind": "person", "id": str(person.id), "name": person.name}
        news = {"conversation": str(conversation.id), "on": on, "author": who}
        self._realtime.signal(DESK, "typing", news, to=self._seers(conversation))

    def _allowed(self, conversation: Conversation, shapes: Shapes) -> None:
        """What may still be sent: tell the pages that show the conversation."""
        news = {"conversation": str(conversation.id), "legs": shapes}
        sees_it = self._seers(conversation)
        shown = self._watch.shows
        self._realtime.signal(DESK, "allowance", news, to=lambda party: shown(id(party), conversation.id) and sees_it(party))

    def _seers(self, conversation: Conversation) -> Callable[[Party], bool]:
        return lambda party: sees(self.agent(party), conversation)


_NOBODYS: Final = Conversation(0, 0)


def _id(given: Any) -> int | None:
    """The conversation a page names; None for what is no id."""
    text = str(given or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
