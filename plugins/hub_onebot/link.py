"""One socket to an implementation, dialled by either side: its calls and answers, its events, and whether it still lives."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal

import aiohttp
import msgspec
from aiohttp import WSMsgType, web

from hub import Context, NotReady
from hub_onebot.api import Answer, answer_of, unknown, within
from hub_onebot.events import Event

Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse
Role = Literal["universal", "api", "event"]

CLOSE_LIMIT: Final = 2.0
"""Seconds a socket that is closed gets to say goodbye."""

BEATS_MISSED: Final = 3
"""Heartbeats that have to be missing before a socket that sent some is given up."""

GOING_AWAY: Final = aiohttp.WSCloseCode.GOING_AWAY
_NOTHING: Final = object()
_sorted: Final = msgspec.json.Encoder(order="deterministic")


class Link:
    """Reads one socket until it ends. `on_event` gets each event, and the next frame is read when it returns.

    `self_id` is the account, "" while nobody has told; `online` is what the last heartbeat said.
    """

    via = "ws"

    def __init__(
        self,
        ctx: Context,
        socket: Socket,
        role: Role,
        self_id: str,
        on_event: Callable[[Link, Event], Awaitable[None]],
        *,
        call_timeout: float,
        silence: float,
    ) -> None:
        self.role = role
        self.self_id = self_id
        self.online = True
        self.closed = False
        self._ctx = ctx
        self._socket = socket
        self._on_event = on_event
        self._call_timeout = call_timeout
        self._silence = silence
        self._waiting: dict[bytes, asyncio.Future[Answer]] = {}
        self._calls = 0
        self._heard_at = ctx.clock.monotonic()
        self._beat: tuple[float, float] | None = None

    # -- calls ----------------------------------------------------------------------------------

    async def call(self, action: str, params: Mapping[str, Any], echo: Any = _NOTHING) -> Answer:
        """See `Api.call`. The answer is known by `echo`, which may be any JSON value; by default one of our own."""
        if self.closed or self._socket.closed:
            raise NotReady(f"the socket of {self.self_id or 'the implementation'} is closed")
        if echo is _NOTHING:
            self._calls += 1
            echo = f"{self._ctx.name}-{self._calls}"
        key, future = _sorted.encode(echo), asyncio.get_running_loop().create_future()
        self._waiting[key] = future
        frame = msgspec.json.encode({"action": action, "params": params, "echo": echo}).decode()
        try:
            return await within(self._ctx.clock, self._call_timeout, self._exchange(frame, future))
        except TimeoutError:
            raise unknown(action, f"no answer within {self._call_timeout:g} s") from None
        except ConnectionError:
            raise unknown(action, "the socket was lost before the answer came") from None
        finally:
            self._waiting.pop(key, None)

    async def _exchange(self, frame: str, future: asyncio.Future[Answer]) -> Answer:
        await self._socket.send_str(frame)
        return await future

    def _answered(self, payload: Mapping[str, Any]) -> None:
        future = self._waiting.get(_sorted.encode(payload.get("echo")))
        if future is None or future.done():
            self._ctx.count("onebot_late_answers")
            self._ctx.log.debug("an answer that nobody waits for", self_id=self.self_id)
            return
        future.set_result(answer_of(payload))

    # -- life -----------------------------------------------------------------------------------

    async def serve(self) -> None:
        """Read until the socket ends, or shows no sign of life."""
        watch = asyncio.create_task(self._watch(), name=f"{self._ctx.name}: heartbeat of {self.self_id}")
        try:
            while not self.closed:
                message = await self._socket.receive()
                self._heard_at = self._ctx.clock.monotonic()
                match message.type:
                    case WSMsgType.TEXT | WSMsgType.BINARY:
                        await self._hear(message.data)
                    case WSMsgType.PING:
                        await self._socket.pong(message.data)
                    case WSMsgType.PONG:
                        continue
                    case _:
                        break
        except ConnectionError as error:
            self._ctx.log.debug("a socket was lost", self_id=self.self_id, error=str(error))
        finally:
            watch.cancel()
            self.give_up()

    def give_up(self) -> None:
        """Nothing is expected of this socket any more: who waits for an answer hears at once that none will come."""
        self.closed = True
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ConnectionError("the socket is gone"))

    async def close(self, why: str, code: int = GOING_AWAY) -> None:
        """Give up and say goodbye; what does not answer is cut off."""
        self.give_up()
        await self._socket.close(code=code, message=why.encode()[:120])

    async def _hear(self, frame: str | bytes) -> None:
        try:
            payload = msgspec.json.decode(frame)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            payload = None
        if not isinstance(payload, dict) or not payload.keys() & {"post_type", "echo", "status"}:
            self._ctx.count("onebot_refused")
            self._ctx.log.warning("a frame that is neither an event nor an answer", self_id=self.self_id)
        elif "post_type" not in payload:
            self._answered(payload)
        else:
            self._note_beat(payload)
            await self._on_event(self, payload)

    # -- signs of life --------------------------------------------------------------------------

    def _note_beat(self, event: Event) -> None:
        if event.get("meta_event_type") != "heartbeat":
            return
        interval, status = event.get("interval"), event.get("status")
        if isinstance(interval, int | float) and interval > 0:
            self._beat = (self._ctx.clock.monotonic(), interval / 1000)
        if isinstance(status, Mapping) and (status.get("online") is not False) is not self.online:
            self.online = not self.online
            news = "the account is online again" if self.online else "the account is offline"
            self._ctx.log.warning(news, self_id=self.self_id)

    async def _watch(self) -> None:
        step = self._silence / 4
        while not self.closed:
            await self._ctx.clock.sleep(step)
            if why := self._lifeless():
                self._ctx.count("onebot_lifeless")
                self._ctx.log.warning("a socket is given up", self_id=self.self_id, reason=why)
                await self.close(why)
            elif self._ctx.clock.monotonic() - self._heard_at >= step:
                await self._ping()

    async def _ping(self) -> None:
        try:
            await self._socket.ping()
        except ConnectionError:
            self.give_up()

    def _lifeless(self) -> str:
        now = self._ctx.clock.monotonic()
        if self._beat is not None and now - self._beat[0] > BEATS_MISSED * self._beat[1]:
            return f"no heartbeat for {now - self._beat[0]:.0f} s"
        if now - self._heard_at > self._silence:
            return f"silent for {now - self._heard_at:.0f} s"
        return ""
