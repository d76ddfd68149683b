"""The workbench's stream: everything that happens with the customers an agent may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aiohttp import web

from hub.errors import HubError, Refused
from hub.people.dossiers import Dossier
from hub.records import Agent, Conversation, Event
from hub.web.commands import run
from hub.web.realtime import Endpoint, Hello, Party, Topic
from hub.web.rights import sees
from hub.web.shapes import agent_shape, conversation_shape, message_shape

if TYPE_CHECKING:
    from hub.hub import Hub

DESK: Final[Topic] = ("desk",)
MEDIA_PREFIX: Final = "/media"


class Browser(NamedTuple):
    """A `Party.who`: the agent and the digest of the session their browser came with."""

    agent: int
    session: str


class DeskEndpoint(Endpoint):
    """Agents, signed in by their session cookie."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def open(self, request: web.Request, hello: Hello) -> Party:
        """The agent behind the cookie. A page of another origin may not use it."""
        origin = request.headers.get("Origin")
        if origin is not None and origin.partition("://")[2] != request.host:
            raise Refused(403, "wrong_origin", "this page is not the hub's own")
        signed = self._hub.accounts.who(request)
        if signed is None:
            raise Refused(401, "signed_out", "sign in first")
        return Party(Browser(signed.agent.id, signed.digest), DESK, hello.locale or self._hub.settings.locale)

    def agent(self, party: Party) -> Agent:
        """The party's account as it is now."""
        return self._hub.accounts.agent(party.who.agent)

    async def opened(self, party: Party) -> None:
        """One more desk of this agent is open."""
        self._hub.accounts.connected(party.who.agent, +1)

    async def closed(self, party: Party) -> None:
        """One less."""
        self._hub.accounts.connected(party.who.agent, -1)

    # -- what they see ------------------------------------------------------------------------------

    async def snapshot(self, party: Party) -> dict[str, Any]:
        """Everything open, and the people and channels around it."""
        hub, agent = self._hub, self.agent(party)
        open_ones = [c for c in await hub.reading.conversations(status="open") if sees(agent, c)]
        return {
            "me": agent_shape(agent),
            "agents": [agent_shape(one) for one in hub.accounts.all() if one.active],
            "teams": [{"id": team.id, "name": hub.settings.team_name(team.id, party.locale)} for team in hub.settings.teams],
            "channels": self._channels(),
            "conversations": [shape for c in open_ones if (shape := await self.row(c)) is not None],
            "canned": list(hub.canned),
            "dead_letters": hub.path.dead_total,
            "locale": hub.settings.locale,
        }

    def _channels(self) -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "platform": channel.platform,
                "title": channel.title or name,
                "kinds": sorted(channel.limits.kinds),
                "max_text": channel.limits.max_text,
            }
            for name, channel in self._hub.registry.channels().items()
        ]

    async def row(self, conversation: Conversation) -> dict[str, Any] | None:
        """A conversation as the list shows it."""
        try:
            dossier = await self._hub.people.dossier(conversation.person_id)
        except HubError:
            return None
        return self._shape(dossier, conversation)

    def _shape(self, dossier: Dossier, conversation: Conversation) -> dict[str, Any]:
        hub = self._hub
        platforms = {name: channel.platform for name, channel in hub.registry.channels().items()}
        latest = dossier.conversation
        legs = dossier.legs.values() if latest is not None and latest.id == conversation.id else ()
        return conversation_shape(conversation, dossier.person, legs, hub.accounts.owner_name(conversation), platforms)

    def topics(self, event: Event, dossier: Dossier | None) -> Iterable[Topic]:
        """All desks; `allows` looks closer."""
        return (DESK,)

    def allows(self, party: Party, event: Event, dossier: Dossier | None) -> bool:
        """Does the agent see this conversation?"""
        if dossier is None or dossier.conversation is None:
            return False
        return sees(self.agent(party), dossier.conversation)

    async def missed(self, party: Party, after: int, limit: int) -> Sequence[Event]:
        """What happened meanwhile, whoever it concerns."""
        return await self._hub.reading.events(after, limit)

    def render(self, event: Event, dossier: Dossier | None) -> tuple[str, dict[str, Any]] | None:
        """An event with the conversation as it is now."""
        if dossier is None or dossier.conversation is None:
            return None
        conversation = self._shape(dossier, dossier.conversation)
        message = event.message
        if event.kind == "message.created" and message is not None:
            shape = message_shape(message, link=self.link)
            same = message.conversation_id == dossier.conversation.id
            return "message.created", {"message": shape, "conversation": conversation if same else None}
        if event.kind == "message.changed" and message is not None:
            facts = {"state": event.data["state"], "error": event.data.get("error", "")}
            ids = {"id": str(message.id), "conversation_id": str(message.conversation_id)}
            return "message.changed", {**ids, **facts, "dead_letters": self._hub.path.dead_total}
        if event.kind.startswith(("conversation.", "person.")):
            return "conversation.changed", {"conversation": conversation}
        return None

    def link(self, media: str) -> str:
        """Where the desk finds a file."""
        return f"{MEDIA_PREFIX}/{media}"

    # -- what they do -------------------------------------------------------------------------------

    async def command(self, party: Party, name: str, id: str, data: dict[str, Any]) -> Mapping[str, Any]:
        """See `hub.web.commands`."""
        return await run(self._hub, self.agent(party), name, id, data)

    async def signal(self, party: Party, name: str, data: dict[str, Any]) -> None:
        """Typing goes to the customer and the other desks, viewing to the desks."""
        agent = self.agent(party)
        who = {"kind": "agent", "id": str(agent.id), "name": agent.name}
        if name == "viewing":
            shown = str(data.get("conversation") or "")[:20]
            news = {"conversation": shown if shown.isdecimal() else None, "agent": who}
            self._hub.realtime.signal(DESK, "viewing", news, but=party)
        elif name == "typing" and str(data.get("conversation", "")).isdecimal():
            await self._typing(party, agent, int(data["conversation"]), bool(data.get("on")), who)

    async def _typing(self, party: Party, agent: Agent, conversation_id: int, on: bool, who: dict[str, str]) -> None:
        hub = self._hub
        conversation = await hub.reading.conversation(conversation_id)
        if conversation is None or not sees(agent, conversation):
            return
        news = {"conversation": str(conversation_id), "on": on, "author": who}
        hub.realtime.signal(DESK, "typing", news, but=party, to=_seers(hub, conversation))
        if conversation.owner_id == str(agent.id):
            for leg in (await hub.people.dossier(conversation.person_id)).legs.values():
                channel = hub.registry.running_channel(leg.channel)
                if leg.live and channel is not None and "typing" in channel.features():
                    await hub.calls.method(leg.channel, channel.typing, leg.address, on, agent.name, deadline=5.0)


def customer_typing(hub: Hub, dossier: Dossier, on: bool) -> None:
    """A customer types: tell the desks."""
    if dossier.conversation is not None:
        person = dossier.person
        who = {"kind": "person", "id": str(person.id), "name": person.name}
        news = {"conversation": str(dossier.conversation.id), "on": on, "author": who}
        hub.realtime.signal(DESK, "typing", news, to=_seers(hub, dossier.conversation))


def _seers(hub: Hub, conversation: Conversation) -> Callable[[Party], bool]:
    return lambda party: sees(hub.accounts.agent(party.who.agent), conversation)


def register(hub: Hub) -> DeskEndpoint:
    """Serve the stream, and tell the desks when an agent changes."""
    endpoint = DeskEndpoint(hub)

    async def stream(request: web.Request) -> web.StreamResponse:
        return await hub.realtime.serve(request, endpoint)

    def changed(agent: Agent) -> None:
        hub.realtime.signal(DESK, "agent", {"agent": agent_shape(agent)})
        hub.realtime.dismiss(DESK, lambda party: not hub.accounts.is_signed_in(*party.who))

    hub.routes.add("GET", "/api/realtime", stream, owner="hub")
    hub.accounts.on_change.append(changed)
    return endpoint
