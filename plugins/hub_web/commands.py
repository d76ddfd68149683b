"""What a visitor may do: say something, ask for a person, tell what was read, look back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec

from hub import Accepted, Author, Body, Choice, Context, File, Image, Inbound, Message, Text
from hub_realtime import message_shape
from hub_web.allowance import Allowance
from hub_web.config import WebConfig
from hub_web.tokens import Visitor
from hub_web.uploads import Uploads
from hub_web.visitors import Visitors
from hub_web.words import refused

T = TypeVar("T")
Link = Callable[[str], str]
"""From a file's id to an address a browser can open."""

HUMAN: Final = Choice("转人工", "hub:human")
HUMAN_EN: Final = Choice("Talk to a person", "hub:human")
MOST_HISTORY: Final = 100
MOST_CHOICE: Final = 1000
"""Characters of a choice's label, and of its payload."""
CONTEXTS_KEPT: Final = 10_000


class _Send(msgspec.Struct, forbid_unknown_fields=True):
    body: tuple[Text | Image | File | Choice, ...]


class _Nothing(msgspec.Struct, forbid_unknown_fields=True):
    pass


class _Read(msgspec.Struct, forbid_unknown_fields=True):
    message: str


class _History(msgspec.Struct, forbid_unknown_fields=True):
    before: str
    limit: int = 50


class Commands:
    """The commands of docs/realtime.md for visitors."""

    def __init__(self, ctx: Context, config: WebConfig, visitors: Visitors, uploads: Uploads, link: Link) -> None:
        self._ctx = ctx
        self._config = config
        self._visitors = visitors
        self._uploads = uploads
        self._link = link
        self._allowance = Allowance(config.messages_per_minute, 60)
        self._contexts: OrderedDict[str, dict[str, str]] = OrderedDict()

    def remember(self, visitor: Visitor, context: dict[str, str]) -> None:
        """What the shop's page told about this visit; it goes to the agents with the next message."""
        self._contexts[visitor.anonymous] = context
        self._contexts.move_to_end(visitor.anonymous)
        if len(self._contexts) > CONTEXTS_KEPT:
            self._contexts.popitem(last=False)

    async def run(self, visitor: Visitor, name: str, id: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do a command once. `id` is the client's; the same id again has the same answer.

        Raises Refused with the reason in the visitor's language, Busy when it is too much at once.
        """
        match name:
            case "send":
                return await self._send(visitor, id, _converted(visitor, data, _Send).body)
            case "human":
                _converted(visitor, data, _Nothing)
                return await self._human(visitor, id)
            case "read":
                return await self._read(visitor, _converted(visitor, data, _Read))
            case "history":
                return await self._history(visitor, _converted(visitor, data, _History))
        raise refused("unknown_command", visitor.locale)

    async def _send(self, visitor: Visitor, id: str, body: Body) -> Mapping[str, Any]:
        await self._visitors.dossier(visitor)
        limit = self._config.max_text
        if any(isinstance(element, Text) and len(element.text) > limit for element in body):
            raise refused("too_long", visitor.locale, limit=limit)
        for choice in (element for element in body if isinstance(element, Choice)):
            # Buttons come from the house, which no visitor has to believe.
            if max(len(choice.label), len(choice.payload)) > MOST_CHOICE or not choice.label.strip():
                raise refused("bad_message", visitor.locale)
        body = await self._uploads.checked(body, visitor)
        accepted = await self._accept(visitor, id, body)
        return {"message": await self._shape(visitor, id, body, accepted)}

    async def bring(self, visitor: Visitor, scene: str) -> None:
        """The visitor came by a link that brings this along (`Web.invitation`): said once for them, as a button's payload."""
        label = "通过链接进入" if visitor.locale.startswith("zh") else "Came by a link"
        await self._accept(visitor, f"scene/{scene}"[:200], (Choice(label, scene),))

    async def _accept(self, visitor: Visitor, id: str, body: Body) -> Accepted:
        if not self._allowance.spend(visitor.anonymous, self._ctx.clock.monotonic()):
            raise refused("too_many", visitor.locale)
        sender = self._visitors.sender(visitor, self._contexts.get(visitor.anonymous, {}))
        # Ids are the clients' own: without the visitor in the key one could use up another's.
        return await self._ctx.accept(Inbound(f"{visitor.anonymous}/{id}", sender, body, client_id=id))

    async def _shape(self, visitor: Visitor, id: str, body: Body, accepted: Accepted) -> dict[str, Any]:
        """The message as far as it is known now: its place in a conversation comes with the event."""
        dossier = await self._visitors.dossier(visitor)
        person = dossier.person if dossier is not None else None
        author = Author("person", str(person.id) if person else "", person.name if person else "")
        message = Message(accepted.message_id, 0, 0, 0, "in", author, body, accepted.at, client_id=id)
        return {**message_shape(message, link=self._link), "conversation": "", "leg": ""}

    async def _human(self, visitor: Visitor, id: str) -> Mapping[str, Any]:
        """Said as a message of the visitor's own, so that everybody reads later that they asked, and when."""
        dossier = await self._visitors.dossier(visitor)
        conversation = dossier.conversation if dossier is not None else None
        if conversation is None or conversation.status == "closed" or conversation.owner_kind == "bot":
            await self._accept(visitor, id, (HUMAN if visitor.locale.startswith("zh") else HUMAN_EN,))
        return {}

    async def _read(self, visitor: Visitor, data: _Read) -> Mapping[str, Any]:
        message = await self._own_message(visitor, data.message)
        if message.direction == "out" and message.state != "read":
            await self._ctx.receipt(message.id, "read")
        return {}

    async def _history(self, visitor: Visitor, data: _History) -> Mapping[str, Any]:
        limit = min(max(data.limit, 1), MOST_HISTORY)
        first = await self._own_message(visitor, data.before)
        reading, legs = self._ctx.reading, await self._legs(visitor)
        found = await reading.messages_of(first.person_id, before=first.id, limit=limit + 1, public_only=True, legs=legs)
        shown = [message_shape(message, link=self._link) for message in found[-limit:]]
        return {"messages": shown, "more": len(found) > limit}

    async def _legs(self, visitor: Visitor) -> frozenset[int] | None:
        """The legs whose messages are the visitor's; None where all of the person's are."""
        dossier = await self._visitors.dossier(visitor)
        if dossier is None or self._visitors.alone(visitor, dossier):
            return None
        return await self._visitors.legs(visitor, dossier)

    async def _own_message(self, visitor: Visitor, id: str) -> Message:
        """A message of this visitor's conversations; whatever else there is, is not there for them."""
        dossier = await self._visitors.dossier(visitor)
        number = int(id) if id.isascii() and id.isdecimal() and len(id) < 19 else 0
        message = await self._ctx.reading.message(number) if dossier is not None and number else None
        if message is None or dossier is None or message.person_id != dossier.person.id or message.direction == "note":
            raise refused("not_found", visitor.locale)
        legs = await self._legs(visitor)
        if legs is not None and message.leg_id not in legs:
            raise refused("not_found", visitor.locale)
        return message


def _converted(visitor: Visitor, data: Mapping[str, Any], type: type[T]) -> T:
    try:
        return msgspec.convert(dict(data), type)
    except msgspec.ValidationError as error:
        # For those who write pages: it names the field and what stands there.
        why = str(error).replace("$", "data")
        raise refused("bad_data", visitor.locale, why=why) from None
