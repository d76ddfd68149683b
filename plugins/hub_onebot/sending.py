"""Sending: piece by piece, each once, and honest about what nobody can know."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec

from hub import Context, Outbound, Rejected, Sent, plain_text
from hub_onebot.api import Api, done
from hub_onebot.config import OneBotConfig
from hub_onebot.cq import Segment, text, to_string
from hub_onebot.ids import Chat, as_sent, id_of
from hub_onebot.memory import Known, Memory
from hub_onebot.outward import Outward, Upload

BEGUN: Final = 1_000
"""Messages whose first pieces are out and that wait to go on."""

TAKEN: Final = "accepted, not delivered yet (async)"


class Sending:
    """What goes out. A message that QQ takes only in several pieces goes on where it stopped."""

    def __init__(self, ctx: Context, config: OneBotConfig, memory: Memory) -> None:
        self._ctx = ctx
        self._config = config
        self._memory = memory
        self._outward = Outward(ctx, config.media, memory)
        self._begun: OrderedDict[str, list[str]] = OrderedDict()
        self._under_way: dict[Chat, list[asyncio.Future[None]]] = {}

    async def send(self, api: Api, chat: Chat, message: Outbound) -> Sent:
        """Send a message. Raises NotReady when nothing of what is left went out, Rejected when it was refused or is unknown."""
        pieces = await self._outward.pieces(message.body, chat.self_id)
        ids = self._begun.setdefault(message.key, [])
        self._begun.move_to_end(message.key)
        if len(self._begun) > BEGUN:
            self._begun.popitem(last=False)
        for number in range(len(ids), len(pieces)):
            piece = pieces[number]
            if number == 0 and message.part == 0 and not isinstance(piece, Upload):
                piece = (*self._address(chat, message.context), *piece)
            async with self._noted(chat.place):
                ids.append(await self._piece(api, chat, piece, message))
        self._begun.pop(message.key, None)
        known = [id for id in ids if id]
        return Sent(",".join(known), via=api.via, detail="" if len(known) == len(ids) else TAKEN)

    async def _piece(self, api: Api, chat: Chat, piece: Sequence[Segment] | Upload, message: Outbound) -> str:
        """Send one piece; its id, "" where the implementation gives none."""
        action, params = self._action(chat, piece, message.context)
        answer = done(action, await api.call(action, params))
        id = id_of(answer.facts.get("message_id"))
        if answer.status == "async" or isinstance(piece, Upload):
            id = ""
        if id:
            words = plain_text(message.body, self._ctx.locale)[:200]
            self._memory.note(chat.self_id, Known(id, message.message_id, words, ours=True))
        elif not isinstance(piece, Upload):
            self._memory.expect(chat.place, to_string(piece), message.message_id)
        return id

    def _action(
        self, chat: Chat, piece: Sequence[Segment] | Upload, context: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        private = chat.kind == "private"
        params: dict[str, Any] = {"user_id" if private else "group_id": as_sent(chat.id)}
        if isinstance(piece, Upload):
            return ("upload_private_file" if private else "upload_group_file"), {**params, "file": piece.file, "name": piece.name}
        if private and (through := id_of(context.get("through"))):
            params["group_id"] = as_sent(through)
        whole = self._config.message_format == "string"
        params["message"] = to_string(piece) if whole else [msgspec.to_builtins(one) for one in piece]
        return ("send_private_msg" if private else "send_group_msg"), params

    def _address(self, chat: Chat, context: Mapping[str, Any]) -> Sequence[Segment]:
        """What stands before an answer in a group, so that its members see whom it is for."""
        how = self._config.groups.address_by
        member = chat.member or id_of(context.get("user_id"))
        if chat.kind == "private" or how == "nothing":
            return ()
        # Anonymous members have no id that could be named.
        if how == "reply" or member.startswith("anonymous:"):
            said = id_of(context.get("message_id"))
            return (Segment("reply", {"id": said}),) if said else ()
        return (Segment("at", {"qq": member}), text(" ")) if member else ()

    async def recall(self, api: Api, external_id: str) -> None:
        """Take back all pieces of a message. Raises Rejected where one is refused, or has no id."""
        if not external_id:
            raise Rejected("the implementation gave this message no id, so it cannot be taken back")
        for id in external_id.split(","):
            done("delete_msg", await api.call("delete_msg", {"message_id": as_sent(id)}))

    # -- our own messages, as the implementation reports them -------------------------------------

    @asynccontextmanager
    async def _noted(self, place: Chat) -> AsyncIterator[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = self._under_way.setdefault(place, [])
        waiting.append(future)
        try:
            yield
        finally:
            future.set_result(None)
            waiting.remove(future)
            if not waiting:
                self._under_way.pop(place, None)

    async def quiet(self, place: Chat) -> None:
        """Wait until what is being sent here now has its id: the report of it may come before the answer."""
        if waiting := self._under_way.get(place):
            await asyncio.wait([*waiting])
