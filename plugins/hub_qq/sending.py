"""Sending: as an answer while the platform takes one, else as the YAML wants it; never twice where that would be seen."""

from __future__ import annotations

from functools import partial
from typing import Final

import aiohttp

from hub import Attachment, Body, Context, HubError, Outbound, Rejected, Sent
from hub_qq.api import Api, Failed, Form, NoAnswer, Unreached
from hub_qq.codes import Fate
from hub_qq.config import QQConfig
from hub_qq.outgoing import Book
from hub_qq.places import Place, place_of
from hub_qq.rendering import Json, Piece, keyboard_of, pieces_of
from hub_qq.uploading import Uploading
from hub_qq.words import word
from hub_windows import Closed, Permit, Windows

EVENT: Final = "event:"
"""Before the id of an event that is answered; the id of a message stands alone."""


class Unknown(Rejected):
    """Nobody knows whether it arrived, and a second copy would be seen."""


class Sending:
    """Brings messages to the platform.

    Three things keep a message from arriving twice. In single chats and groups an answer has a number, and the platform drops a
    second one of the same number; a number once given to a message (`hub_windows`) stays its own. Elsewhere a line in the
    book says that a request is under way, before it is made. And what went out stands in the book as well.
    """

    def __init__(self, ctx: Context, config: QQConfig, api: Api, windows: Windows, book: Book) -> None:
        self._ctx = ctx
        self._config = config
        self._api = api
        self._windows = windows
        self._book = book
        self._uploading = Uploading(ctx, api)
        self._doubtful: set[str] = set()

    # -- for the hub --------------------------------------------------------------------------------

    async def was_sent(self, message: Outbound) -> Sent | None:
        """Did it arrive? None for "it may go again". Raises Rejected where nobody knows and a second copy would be seen."""
        keys = self._keys(message)
        lines = [await self._book.find(key) for key in keys]
        for key, line in zip(keys, lines, strict=True):
            if line is not None and line.state == "open":
                # Whoever sends the dead letter again has decided.
                await self._book.note(key, message, "unknown")
                raise Unknown(self._word("unknown"), code="unknown")
        if lines and all(line is not None and line.state == "sent" for line in lines):
            return lines[-1].sent if lines[-1] is not None else None
        for key, line in zip(keys, lines, strict=True):
            if line is None:
                self._doubtful.add(key)
            elif line.state != "sent":
                # The next attempt may end without an answer: then no line must say that it did not go out.
                await self._book.forget(line.name)
        return None

    async def send(self, message: Outbound) -> Sent:
        """Every part of it that is not out yet."""
        place, sent = place_of(message.address), Sent()
        pieces = self._pieces(message.body, place)
        for key, piece in zip(self._keys(message), pieces, strict=True):
            line = await self._book.find(key) if len(pieces) > 1 else None
            if line is not None and line.state == "sent":
                sent = line.sent
                continue
            doubtful = key in self._doubtful
            self._doubtful.discard(key)
            try:
                sent = await self._piece(place, key, piece, message, doubtful=doubtful)
            except (Failed, Closed, Unreached):
                if not doubtful:
                    await self._book.note(key, message, "failed")
                raise
            if len(pieces) > 1 or not place.numbers_answers:
                await self._book.sent_now(key, message, sent)
            else:
                self._book.sent(key, message, sent)
        return sent

    async def recall(self, message: Outbound, external_id: str) -> None:
        """Take a message back."""
        await self._api.call("DELETE", f"{place_of(message.address).path}/messages/{external_id}")

    def _pieces(self, body: Body, place: Place) -> list[Piece]:
        in_channel = not place.numbers_answers
        return list(pieces_of(body, in_channel=in_channel, locale=self._ctx.locale))

    def _keys(self, message: Outbound) -> list[str]:
        number = len(self._pieces(message.body, place_of(message.address)))
        return [message.key if part == 0 else f"{message.key}+{part}" for part in range(number)]

    # -- as an answer -------------------------------------------------------------------------------

    async def _piece(self, place: Place, key: str, piece: Piece, message: Outbound, *, doubtful: bool) -> Sent:
        repeated = False
        while True:
            try:
                permit = await self._windows.take(message.address, key)
            except Closed as closed:
                if doubtful:
                    raise await self._unknown(key, message) from closed
                return await self._closed(place, key, piece, message, closed)
            try:
                return await self._answer(place, key, piece, message, permit)
            except Failed as failed:
                match failed.fate:
                    case Fate.BUSY:
                        raise self._later(failed) from failed
                    case Fate.DUPLICATE if doubtful:
                        return self._as_answer(permit, "", earlier=True)
                    case Fate.DUPLICATE if not repeated:
                        # Its number was used by somebody else: one more try, with the next one.
                        repeated = True
                        await self._windows.give_back(permit)
                    case Fate.CONTEXT_DEAD if doubtful:
                        raise await self._unknown(key, message) from failed
                    case Fate.CONTEXT_DEAD:
                        # Perhaps another message of theirs can still be answered.
                        await self._windows.shut(message.address, ref=permit.ref)
                        await self._windows.give_back(permit)
                    case _:
                        await self._windows.give_back(permit)
                        raise
            except Unknown:
                raise
            except Rejected:
                # A file that the platform cannot have, before anything was asked of it.
                await self._windows.give_back(permit)
                raise

    async def _answer(self, place: Place, key: str, piece: Piece, message: Outbound, permit: Permit) -> Sent:
        """One request. Raises Failed, and NotReady where the very same may be sent again."""
        event = permit.ref.startswith(EVENT)
        named = {"event_id": permit.ref.removeprefix(EVENT)} if event else {"msg_id": permit.ref}
        if place.numbers_answers:
            named["msg_seq"] = permit.number  # type: ignore[assignment]
            return self._as_answer(permit, await self._post(place, piece, named))
        return self._as_answer(permit, await self._once(place, key, piece, message, named))

    def _as_answer(self, permit: Permit, id: str, *, earlier: bool = False) -> Sent:
        rule = "click" if permit.rule == "click" else "message"
        detail = self._word(rule, number=permit.number)
        return Sent(id, via="passive", detail=f"{detail} ({self._word('earlier')})" if earlier else detail)

    # -- when no answer is taken any more -----------------------------------------------------------

    async def _closed(self, place: Place, key: str, piece: Piece, message: Outbound, closed: Closed) -> Sent:
        match self._config.when_closed:
            case "proactive":
                return await self._proactive(place, key, piece, message, str(closed))
            case "wait":
                await self._book.note(key, message, "waiting")
                raise Rejected(self._word("waiting", why=closed), code=closed.code) from closed
            case _:
                raise closed

    async def _proactive(self, place: Place, key: str, piece: Piece, message: Outbound, why: str) -> Sent:
        try:
            id = await self._once(place, key, piece, message, {})
        except Failed as failed:
            if failed.fate is Fate.BUSY:
                raise self._later(failed) from failed
            raise
        return Sent(id, via="proactive", detail=self._word("proactive", why=why))

    async def _once(self, place: Place, key: str, piece: Piece, message: Outbound, named: Json) -> str:
        """One request that must not be made twice: the book says so first, also to whoever comes after a crash."""
        await self._book.note(key, message, "open")
        try:
            return await self._post(place, piece, named)
        except NoAnswer as error:
            raise await self._unknown(key, message) from error
        except HubError:
            await self._book.note(key, message, "failed")
            raise

    async def _unknown(self, key: str, message: Outbound) -> Unknown:
        await self._book.note(key, message, "unknown")
        return Unknown(self._word("unknown"), code="unknown")

    def _later(self, failed: Failed) -> Unreached:
        """The platform said that it did not take it."""
        self._ctx.count("qq_slowed_down")
        return Unreached(str(failed), retry_after=failed.retry_after)

    # -- the request --------------------------------------------------------------------------------

    async def _post(self, place: Place, piece: Piece, named: Json) -> str:
        """The platform's id of the message."""
        body, form = await self._body(place, piece, named)
        answer = await self._api.call("POST", f"{place.path}/messages", body, form=form)
        return str(answer.get("id") or "") if isinstance(answer, dict) else ""

    async def _body(self, place: Place, piece: Piece, named: Json) -> tuple[Json | None, Form | None]:
        if piece.markdown:
            kind = {"msg_type": 2} if place.numbers_answers else {}
            body: Json = {**kind, "markdown": {"content": piece.markdown}, **named}
            return (body | {"keyboard": keyboard_of(piece.buttons)} if piece.buttons else body), None
        if not place.numbers_answers:
            return await self._in_channel(piece, named)
        if piece.media is None:
            return {"msg_type": 0, "content": piece.text, **named}, None
        info = await self._uploading.info(place, piece.media)
        # The platform wants words beside a file, if only a space.
        return {"msg_type": 7, "content": piece.text or " ", "media": {"file_info": info}, **named}, None

    async def _in_channel(self, piece: Piece, named: Json) -> tuple[Json | None, Form | None]:
        text = {"content": _channel_text(piece.text)} if piece.text else {}
        if piece.media is None:
            return {**text, **named}, None
        if piece.media.media.startswith(("https://", "http://")):
            return {**text, "image": piece.media.media, **named}, None
        kept, content = await self._uploading.content(piece.media.media)
        return None, partial(_form, {**text, **named}, kept, content)

    def _word(self, name: str, /, **facts: object) -> str:
        return word(self._ctx.locale, name, **facts)


def _form(fields: Json, kept: Attachment, content: bytes) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in fields.items():
        form.add_field(name, str(value))
    form.add_field("file_image", content, filename=kept.name, content_type=kept.mime)
    return form


def _channel_text(text: str) -> str:
    """Channels read names and channels out of angle brackets."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

