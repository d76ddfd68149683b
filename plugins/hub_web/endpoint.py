"""The visitor's stream: what one customer sees of their conversation, and what they may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from aiohttp import web

from hub import Context, Conversation, Event
from hub.pages import Dossier
from hub_realtime import Endpoint, Hello, Json, Party, Topic, message_shape
from hub_web.commands import Commands, Link
from hub_web.tokens import Visitor
from hub_web.visitors import Visitors

PAGE: Final = 50
CARD: Final = "waiting.changed"
"""How it is for somebody who waits, told by whoever decides about that: a card of words and buttons (docs/realtime.md)."""

_CARD: Final = (
    "SELECT data FROM event WHERE person_id = ? AND conversation_id = ? AND at >= ? AND kind = 'waiting.changed'"
    " ORDER BY id DESC LIMIT 1"
)
_JOINED: Final = "SELECT data FROM event WHERE person_id = ? AND id > ? AND kind IN ('person.merged', 'person.unmerged')"


class VisitorEndpoint(Endpoint):
    """Visitors, known by their token. `admit` checks a request's origin and the token; `commands` do what they ask."""

    def __init__(
        self,
        ctx: Context,
        visitors: Visitors,
        commands: Commands,
        link: Link,
        admit: Callable[[web.Request, str], Awaitable[Visitor]],
    ) -> None:
        self._ctx = ctx
        self._visitors = visitors
        self._commands = commands
        self._link = link
        self._admit = admit

    async def open(self, request: web.Request, hello: Hello) -> Party:
        """The visitor behind the hello's token."""
        return await self.party(await self._admit(request, hello.token), hello.locale)

    async def party(self, visitor: Visitor, locale: str = "") -> Party:
        """A page of this visitor. Raises Refused (401) when the token shows too little for the person it was."""
        await self._visitors.dossier(visitor)
        return Party(visitor, await self._visitors.listens_to(visitor), locale or visitor.locale)

    # -- what they see ------------------------------------------------------------------------------

    async def snapshot(self, party: Party) -> dict[str, Any]:
        """The latest messages and the state of the conversation."""
        visitor: Visitor = party.who
        dossier = await self._visitors.dossier(visitor)
        name = visitor.facts.get("name", "")
        who = {"id": visitor.external_id, "name": name, "verified": bool(visitor.user)}
        if dossier is None:
            return {"visitor": who, "conversation": None, "messages": [], "more": False, "unread": 0}
        who["name"] = dossier.person.name
        visitors, reading = self._visitors, self._ctx.reading
        legs = None if visitors.alone(visitor, dossier) else await visitors.legs(visitor, dossier)
        messages = await reading.messages_of(dossier.person.id, limit=PAGE + 1, public_only=True, legs=legs)
        shown = messages[-PAGE:]
        conversation = dossier.conversation if visitors.concerns(visitor, dossier) else None
        current = conversation.id if conversation is not None else 0
        unread = [m for m in shown if m.direction == "out" and m.state != "read" and m.conversation_id == current]
        return {
            "visitor": who,
            "conversation": await self._present(conversation) if conversation is not None else None,
            "messages": [message_shape(message, link=self._link) for message in shown],
            "more": len(messages) > PAGE,
            "unread": len(unread),
        }

    async def _present(self, conversation: Conversation) -> Json:
        """How it is now, with the last card of who waits."""
        shape = self._shape(conversation)
        if shape["waiting"] is not None:
            asked = (conversation.person_id, conversation.id, conversation.waiting_since or 0)
            row = await self._ctx.reader.one(_CARD, *asked)
            shape["waiting"]["card"] = msgspec.json.decode(row["data"])["card"] if row is not None else None
        return shape

    def _shape(self, conversation: Conversation) -> Json:
        waits = conversation.status == "open" and conversation.owner_kind == "queue"
        return {
            "id": str(conversation.id),
            "status": conversation.status,
            "owner": {"kind": conversation.owner_kind, "name": self._ctx.owner_name(conversation)},
            "waiting": {"place": self._ctx.place_in_queue(conversation)} if waits else None,
        }

    def topics(self, event: Event, dossier: Dossier | None) -> Iterable[Topic]:
        """The pages of the person it happened to."""
        return self._visitors.topics(dossier) if dossier is not None and event.public else ()

    def allows(self, party: Party, event: Event, dossier: Dossier | None) -> bool:
        """Public events of the visitor's own: a person may be known in other ways, and what is said there stays there."""
        if not event.public or dossier is None:
            return False
        visitor: Visitor = party.who
        own = self._visitors.own(visitor, dossier)
        if event.message is None or not own:
            return bool(own) and self._visitors.concerns(visitor, dossier)
        leg = dossier.legs.get(event.message.leg_id)
        return leg.identity_id in own if leg is not None else self._visitors.alone(visitor, dossier)

    async def missed(self, party: Party, after: int, limit: int) -> Sequence[Event]:
        """What happened to this person meanwhile, and to whom they were before they were joined with others, or parted."""
        visitor: Visitor = party.who
        dossier = await self._visitors.dossier(visitor)
        if dossier is None:
            return ()
        people, found = await self._were(dossier.person.id, after), list[Event]()
        for person in people:
            found += await self._ctx.reading.events(after, limit, person_id=person, public_only=True)
        found = sorted(found, key=lambda event: event.id)[:limit]
        if len(people) == 1 and self._visitors.alone(visitor, dossier):
            return found
        legs = await self._visitors.legs(visitor, dossier)
        return [event for event in found if event.message is None or event.message.leg_id in legs]

    async def _were(self, person_id: int, after: int) -> Sequence[int]:
        """Everybody this person has been a part of since that place in the log."""
        found, waiting = {person_id}, [person_id]
        while waiting:
            for row in await self._ctx.reader.all(_JOINED, waiting.pop(), after):
                data = msgspec.json.decode(row["data"])
                new = {int(data["survivor"]), int(data["merged"])} - found
                found |= new
                waiting += new
        return sorted(found)

    def render(self, event: Event, dossier: Dossier | None) -> tuple[str, dict[str, Any]] | None:
        """An event as the customer may see it."""
        message = event.message
        if event.kind == "message.created":
            if message is None or message.direction == "note":
                return None
            return "message.created", {"message": message_shape(message, link=self._link)}
        if event.kind == "message.changed" and message is not None:
            state, error = event.data["state"], event.data.get("error", "")
            return "message.changed", {"id": str(message.id), "state": state, "error": error}
        if event.kind == CARD:
            return CARD, {"conversation": str(event.conversation_id), "card": event.data["card"]}
        conversation = dossier.conversation if dossier is not None else None
        if event.kind.startswith(("conversation.", "person.")) and conversation is not None:
            return "conversation.changed", {"conversation": self._shape(conversation)}
        return None

    # -- what they do -------------------------------------------------------------------------------

    async def command(self, party: Party, name: str, id: str, data: dict[str, Any]) -> Mapping[str, Any]:
        """See `hub_web.commands`."""
        return await self._commands.run(party.who, name, id, data)

    async def signal(self, party: Party, name: str, data: dict[str, Any]) -> None:
        """Typing goes to the desks."""
        if name == "typing":
            visitor: Visitor = party.who
            dossier = await self._visitors.dossier(visitor)
            if dossier is not None:
                own = self._visitors.own(visitor, dossier)
                known = next((one.external_id for one in dossier.identities.values() if one.id in own), "")
                await self._ctx.customer_typing(known, bool(data.get("on")))
