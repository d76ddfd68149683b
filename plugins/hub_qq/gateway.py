"""The gateway: one socket that we open, a session that outlives it, and every event taken before it counts as received."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
import msgspec
from aiohttp import WSCloseCode, WSMsgType

from hub import AuthFailed, Busy, Context, HubError, NotReady, Refused, StoreUnavailable
from hub_qq.api import Api, Failed
from hub_qq.config import QQConfig
from hub_qq.events import text_of
from hub_qq.intake import Intake
from hub_qq.tokens import Tokens
from hub_qq.waiting import within
from hub_qq.words import word

LARGEST: Final = 4 * 1024 * 1024
PAUSES: Final = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
HELD_UP: Final = 1.0
OPENING: Final = 30.0
TOO_BIG: Final = 2

EXPIRED: Final = frozenset({4006, 4007, 4009, 9001, 9005, *range(4900, 4914)})
"""The session is gone: the next one begins anew."""

SLOW_DOWN: Final = 4008
BAD_TOKEN: Final = 4004
BANNED: Final = frozenset({4010, 4011, 4012, 4013, 4014, 4914, 4915})
"""Trying again without changing anything is useless."""


class Session(msgspec.Struct):
    """Where we are: the session's id, and the number of the last event that is stored."""

    id: str = ""
    number: int = 0


class Gateway:
    """Keeps the socket open while the instance runs.

    The number of an event goes back to the platform only when the event is stored, so a resumed session brings what is
    missing; what was stored already is known by its id.
    """

    def __init__(self, ctx: Context, config: QQConfig, api: Api, tokens: Tokens, intake: Intake) -> None:
        self._ctx = ctx
        self._config = config
        self._api = api
        self._tokens = tokens
        self._intake = intake
        self._session = Session()
        self._kept = Session()
        self._token = ""
        self._failures = 0
        self._too_big = 0
        self._acknowledged = True

    async def run(self) -> None:
        """Until cancelled. Raises AuthFailed where the platform does not want this bot."""
        self._session = msgspec.convert(await self._ctx.data.get("session", {}), Session)
        self._kept = Session(self._session.id, self._session.number)
        try:
            while True:
                pause = await self._connection()
                await self._keep()
                await self._ctx.clock.sleep(pause)
        finally:
            try:
                await self._keep()
            except StoreUnavailable:
                self._ctx.log.info("the session's place could not be kept; some events will come twice and be known")

    async def _connection(self) -> float:
        """One socket, from its opening to its end; returns how long to wait before the next."""
        try:
            url = self._config.hosts.gateway or await self._address()
            self._token = await self._tokens.get()
            opening = self._ctx.http.ws_connect(url, max_msg_size=LARGEST, autoclose=False)
            async with await within(self._ctx, OPENING, _opened(opening)) as socket:
                code = await self._talk(socket)
            return await self._ended(code)
        except AuthFailed:
            raise
        except (HubError, aiohttp.ClientError, TimeoutError, OSError) as error:
            reason = str(error) if isinstance(error, HubError) else type(error).__name__
            return self._pause(reason, getattr(error, "retry_after", None))

    async def _address(self) -> str:
        try:
            said = await self._api.call("GET", "/gateway/bot")
        except Failed as failed:
            raise NotReady(str(failed), retry_after=failed.retry_after) from failed
        limit = said.get("session_start_limit") if isinstance(said, dict) else None
        if isinstance(limit, dict) and limit.get("remaining") == 0 and not self._session.id:
            raise NotReady("no session may be begun now", retry_after=max(1.0, float(limit.get("reset_after") or 0) / 1000))
        return text_of(said.get("url") if isinstance(said, dict) else "")

    # -- one socket ---------------------------------------------------------------------------------

    async def _talk(self, socket: aiohttp.ClientWebSocketResponse) -> int | None:
        """Until this socket is done with; the code it was closed with."""
        beating: asyncio.Task[None] | None = None
        self._acknowledged = True
        try:
            while True:
                frame = await socket.receive()
                if frame.type is WSMsgType.CLOSE:
                    # Taken from the frame: a peer that is gone before we answer leaves another code behind.
                    return int(frame.data)
                if frame.type is not WSMsgType.TEXT:
                    if socket.close_code == WSCloseCode.MESSAGE_TOO_BIG:
                        self._skip_too_big()
                    return socket.close_code
                said = self._read(frame.data)
                op = said.get("op")
                if op == 10:
                    if beating is not None:
                        beating.cancel()
                    await self._greet(socket)
                    beating = asyncio.create_task(self._beat(socket, said.get("d")))
                elif not await self._hear(socket, op, said):
                    return None
        finally:
            if beating is not None:
                beating.cancel()
                await asyncio.wait((beating,))

    def _read(self, text: str) -> Mapping[str, Any]:
        try:
            said = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            said = None
        if isinstance(said, dict):
            return said
        self._ctx.count("qq_unusable")
        return {}

    async def _greet(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        authorization = f"QQBot {self._token}"
        if self._session.id:
            data: dict[str, Any] = {"token": authorization, "session_id": self._session.id, "seq": self._session.number}
            await socket.send_json({"op": 6, "d": data})
        else:
            properties = {"$os": "linux", "$browser": "frontdesk", "$device": "frontdesk"}
            data = {"token": authorization, "intents": self._config.intents, "shard": [0, 1], "properties": properties}
            await socket.send_json({"op": 2, "d": data})

    async def _hear(self, socket: aiohttp.ClientWebSocketResponse, op: Any, said: Mapping[str, Any]) -> bool:
        """One frame; False when this socket is done with."""
        match op:
            case 0:
                await self._dispatch(said)
            case 1:
                await socket.send_json({"op": 1, "d": self._session.number or None})
            case 7:
                return False
            case 9:
                if said.get("d") is not True:
                    await self._forget("the platform does not know the session any more")
                return False
            case 11:
                self._acknowledged = True
        return True

    async def _dispatch(self, said: Mapping[str, Any]) -> None:
        number, kind, data = said.get("s"), said.get("t"), said.get("d")
        if kind == "READY" and isinstance(data, dict):
            await self._ready(data)
        elif kind == "RESUMED":
            self._failures = self._too_big = 0
        else:
            await self._take(said)
        if isinstance(number, int) and not isinstance(number, bool):
            self._session.number = number

    async def _ready(self, data: Mapping[str, Any]) -> None:
        self._failures = self._too_big = 0
        user = data.get("user")
        id = text_of(user.get("id")) if isinstance(user, dict) else ""
        if id and id not in self._intake.ours:
            self._intake.ours.append(id)
        self._session = Session(text_of(data.get("session_id")))
        await self._keep()
        self._ctx.log.info("connected to the gateway")

    async def _take(self, said: Mapping[str, Any]) -> None:
        """Store it, however long that takes: what comes behind waits, and the platform keeps it."""
        while True:
            try:
                return await self._intake.take(said)
            except (Busy, StoreUnavailable) as error:
                self._ctx.count("qq_held_up")
                self._ctx.log.warning("the gateway's events wait", reason=str(error))
                await self._ctx.clock.sleep(HELD_UP)
            except Refused as error:
                self._ctx.count("qq_unusable")
                self._ctx.log.info("an event is passed over", reason=str(error))
                return None

    async def _beat(self, socket: aiohttp.ClientWebSocketResponse, hello: Any) -> None:
        """Say where we are, again and again; a platform that does not answer is left."""
        interval = hello.get("heartbeat_interval") if isinstance(hello, dict) else None
        seconds = interval / 1000 if isinstance(interval, int | float) and interval > 0 else 40.0
        while True:
            await self._ctx.clock.sleep(seconds)
            if not self._acknowledged:
                self._ctx.log.warning("the gateway does not answer; connecting anew")
                await socket.close(code=4000)
                return
            self._acknowledged = False
            try:
                await socket.send_json({"op": 1, "d": self._session.number or None})
                await self._keep()
            except (ConnectionError, StoreUnavailable):
                continue

    # -- between two sockets ------------------------------------------------------------------------

    async def _ended(self, code: int | None) -> float:
        if code in BANNED:
            raise AuthFailed(word(self._ctx.locale, "banned", code=code))
        if code == BAD_TOKEN:
            await self._tokens.renew(self._token)
        if code in EXPIRED:
            await self._forget(f"closed with {code}")
        return self._pause(f"closed with {code}", PAUSES[-1] if code == SLOW_DOWN else None)

    def _pause(self, reason: str, retry_after: float | None) -> float:
        pause = PAUSES[min(self._failures, len(PAUSES) - 1)] if retry_after is None else retry_after
        self._failures += 1
        self._ctx.count("qq_reconnects")
        self._ctx.log.info("the gateway's socket ended", reason=reason, again_in=pause)
        return pause

    def _skip_too_big(self) -> None:
        """An event nobody can take would come again with each resumed session."""
        self._too_big += 1
        if self._too_big >= TOO_BIG:
            self._session, self._too_big = Session(), 0
            self._ctx.count("qq_unusable")
            self._ctx.log.error("an event is too large; a new session begins without it")

    async def _forget(self, reason: str) -> None:
        self._ctx.log.warning("the gateway's session is over; what it held is lost", reason=reason)
        self._ctx.count("qq_sessions_lost")
        self._session = Session()
        await self._keep()

    async def _keep(self) -> None:
        """Write down where we are. Not with each event: what comes twice is known by its id."""
        if (self._session.id, self._session.number) != (self._kept.id, self._kept.number):
            now = Session(self._session.id, self._session.number)
            await self._ctx.data.put("session", {"id": now.id, "number": now.number})
            self._kept = now


async def _opened(opening: Any) -> aiohttp.ClientWebSocketResponse:
    socket: aiohttp.ClientWebSocketResponse = await opening
    return socket
