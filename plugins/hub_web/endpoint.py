"""The visitor's stream: what one customer sees of their conversation, and what they may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from hub import Context, Conversation, Event
from hub.pages import Dossier
from hub_realtime import Endpoint, Hello, Json, Party, Topic, message_shape
from hub_web.commands import Commands, Link
from hub_web.tokens import Visitor
from hub_web.visitors import Visitors

PAGE: Final = 50


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
        messages = await self._ctx.reading.messages_of(dossier.person.id, limit=PAGE + 1, public_only=True)
        shown = messages[-PAGE:]
        conversation = dossier.conversation
        current = conversation.id if conversation is not None else 0
        unread = [m for m in shown if m.direction == "out" and m.state != "read" and m.conversation_id == current]
        return {
            "visitor": who,
            "conversation": self._shape(conversation) if conversation is not None else None,
            "messages": [message_shape(message, link=self._link) for message in shown],
            "more": len(messages) > PAGE,
            "unread": len(unread),
        }

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
        """Public events, and nothing of a recognised person for an anonymous page."""
        return event.public and dossier is not None and self._visitors.may_see(party.who, dossier)

    async def missed(self, party: Party, after: int, limit: int) -> Sequence[Event]:
        """What happened to this person meanwhile."""
        dossier = await self._visitors.dossier(party.who)
        if dossier is None:
            return ()
        return await self._ctx.reading.events(after, limit, person_id=dossier.person.id, public_only=True)

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
        conversation = dossier.conversation if dossier is not None else None
        if event.kind.startswith("conversation.") and conversation is not None:
            return "conversation.changed", {"conversation": self._shape(conversation)}
        return None

    # -- what they do -------------------------------------------------------------------------------

    async def command(self, party: Party, name: str, id: str, data: dict[str, Any]) -> Mapping[str, Any]:
        """See `hub_web.commands`."""
        return await self._commands.run(party.who, name, id, data)

    async def signal(self, party: Party, name: str, data: dict[str, Any]) -> None:
        """Typing goes to the desks."""
        if name == "typing":
            dossier = await self._visitors.dossier(party.who)
            ids = self._visitors.ids(dossier) if dossier is not None else ()
            if ids:
                await self._ctx.customer_typing(ids[0], bool(data.get("on")))
