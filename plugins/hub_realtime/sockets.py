"""One page on its socket: the hello, what it asks for, what it is told, and the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from hub import Context, HubError
from hub.pages import outcome_of
from hub_realtime.protocol import MAX_ID, Do, Hello, Line, Ping, Signal, frame, heard, told

HELLO_WITHIN: Final = 10.0
LAST_WORD: Final = 5.0
"""Seconds a page that reads too slowly gets to hear why it is cut off."""
SIGNALS_PER_SECOND: Final = 5
MAX_COMMANDS: Final = 100
"""Most commands of one page that wait their turn."""
UNAUTHORISED, MALFORMED, NO_HELLO = 4401, 4400, 4408

Command = Callable[[Do], Awaitable[Mapping[str, Any]]]


async def hello_of(socket: web.WebSocketResponse) -> Hello | None:
    """The page's first frame; None when it was none, and then the socket is closed."""
    try:
        async with asyncio.timeout(HELLO_WITHIN):
            message = await socket.receive()
    except TimeoutError:
        await socket.close(code=NO_HELLO)
        return None
    if message.type is WSMsgType.TEXT:
        try:
            hello = heard(message.data)
        except (msgspec.MsgspecError, RecursionError):
            hello = None
        if isinstance(hello, Hello):
            return hello
    if not socket.closed:
        await socket.close(code=MALFORMED, message=b"the first frame must be a hello")
    return None


class Page:
    """A page that has been let in. `do` carries out a command.

    Commands are carried out one after another, beside the reading: a ping is answered at once also while one takes its time.
    """

    def __init__(self, request: web.Request, socket: web.WebSocketResponse, line: Line, ctx: Context) -> None:
        self._request = request
        self._socket = socket
        self._line = line
        self._ctx = ctx
        self._asked: asyncio.Queue[Do] = asyncio.Queue(MAX_COMMANDS)
        self._budget = Budget(SIGNALS_PER_SECOND)
        self._cut: asyncio.Task[None] | None = None

    async def serve(self, begin: Callable[[], Awaitable[None]], do: Command) -> None:
        """Tell it how things are by `begin`, then talk with it until it goes."""
        self._line.on_overrun = self._cut_off
        self._line.dismiss = self._dismiss
        tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._work(do))]
        try:
            await begin()
            await self._listen()
        finally:
            for task in tasks:
                task.cancel()
            # To cut somebody off takes a few seconds at most, and must not end half-way.
            await asyncio.wait([*tasks, self._cut] if self._cut is not None else tasks)

    # -- what it is told ------------------------------------------------------------------------------

    async def _write(self) -> None:
        line = self._line
        try:
            while True:
                await line.ready.wait()
                line.ready.clear()
                while line.frames and not line.overrun:
                    await self._socket.send_str(line.frames.popleft())
        except (ConnectionError, RuntimeError):
            return

    def _cut_off(self) -> None:
        self._line.frames.clear()
        self._cut = asyncio.create_task(self._end_slow_reader())

    def _dismiss(self, code: int, why: bytes) -> None:
        if self._cut is None:
            self._cut = asyncio.create_task(self._end(code, why))

    async def _end_slow_reader(self) -> None:
        transport = self._request.transport
        await self._end(WSCloseCode.TRY_AGAIN_LATER, b"reads too slowly")
        # A transport that is only closed keeps trying to send what nobody reads.
        if transport is not None:
            transport.abort()

    async def _end(self, code: int, why: bytes) -> None:
        try:
            async with asyncio.timeout(LAST_WORD):
                await self._socket.close(code=code, message=why, drain=False)
        except TimeoutError:
            return

    # -- what it asks for -----------------------------------------------------------------------------

    async def _listen(self) -> None:
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                await self._malformed("frames are JSON text")
                return
            try:
                said = heard(message.data)
            except (msgspec.MsgspecError, RecursionError) as error:
                await self._malformed(str(error)[:300])
                return
            match said:
                case Do():
                    self._take(said)
                case Ping():
                    self._line.put('{"t":"pong"}')
                case Signal():
                    await self._signal(said)
                case Hello():
                    await self._malformed("there was a hello already")
                    return

    async def _malformed(self, why: str) -> None:
        try:
            await self._socket.send_str(frame(t="error", code="malformed", message=why))
        except ConnectionError:
            return
        await self._socket.close(code=MALFORMED, message=b"malformed frame")

    def _take(self, said: Do) -> None:
        if not 0 < len(said.id) <= MAX_ID:
            message = f"a command's id has 1 to {MAX_ID} characters"
            self._line.put(frame(t="error", id=said.id[:MAX_ID], code="bad_id", message=message))
        elif self._asked.full():
            self._line.put(frame(t="error", id=said.id, code="busy", message="too many commands at once"))
        else:
            self._asked.put_nowait(said)

    async def _work(self, do: Command) -> None:
        while True:
            said = await self._asked.get()
            outcome = await outcome_of(do(said))
            if outcome.error is None:
                self._line.put(frame(t="ack", id=said.id, data=outcome.value))
                continue
            if not isinstance(outcome.error, HubError):
                self._ctx.log.error("a command failed", command=said.name, exc_info=outcome.error)
            code, message = told(outcome.error)
            self._line.put(frame(t="error", id=said.id, code=code, message=message))

    async def _signal(self, said: Signal) -> None:
        if not self._budget.spend(self._ctx.clock.monotonic()):
            return
        outcome = await outcome_of(self._line.endpoint.signal(self._line.party, said.name, said.data))
        if outcome.error is not None:
            self._ctx.log.debug("a signal came to nothing", signal=said.name, error=str(outcome.error))


class Budget:
    """So many a second; the rest is dropped."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._left = float(per_second)
        self._at = 0.0

    def spend(self, now: float) -> bool:
        """Is one more within the budget at `now` (seconds)?"""
        self._left = min(self._per_second, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
