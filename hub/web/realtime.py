"""The realtime protocol of docs/realtime.md: streams with a sequence, resumed by a cursor; commands that happen once.

`Realtime` keeps the open sockets and brings each event to those it concerns. What a kind of page may see and do is
an `Endpoint`: the desk has one, and every plugin with pages of its own may have one.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from hub.errors import Conflict, HubError, Refused
from hub.people.dossiers import Dossier
from hub.records import Event

if TYPE_CHECKING:
    from hub.hub import Hub

Topic = tuple[Hashable, ...]

MAX_FRAME: Final = 64 * 1024
MAX_REPLAY: Final = 500
MAX_QUEUED: Final = 1000
HELLO_WITHIN: Final = 10.0
HEARTBEAT: Final = 25.0
SIGNALS_PER_SECOND: Final = 5
UNAUTHORISED, MALFORMED, NO_HELLO = 4401, 4400, 4408

_encoder: Final = msgspec.json.Encoder()


class Hello(msgspec.Struct, tag_field="t", tag="hello", forbid_unknown_fields=True):
    """The first frame of a client."""

    cursor: int | None = None
    token: str = ""
    locale: str = ""


class Do(msgspec.Struct, tag_field="t", tag="do", forbid_unknown_fields=True):
    """A command. `id` is the client's own and makes it happen once."""

    id: str
    name: str
    data: dict[str, Any] = {}


class Signal(msgspec.Struct, tag_field="t", tag="signal", forbid_unknown_fields=True):
    """Passing news."""

    name: str
    data: dict[str, Any] = {}


class Ping(msgspec.Struct, tag_field="t", tag="ping", forbid_unknown_fields=True):
    """Are you there?"""


_frames: Final = msgspec.json.Decoder(Hello | Do | Signal | Ping)


@dataclass(slots=True)
class Party:
    """Who is at the other end: `who` is the endpoint's own, `topic` what they listen to."""

    who: Any
    topic: Topic
    locale: str = ""


class Endpoint(ABC):
    """What one kind of page sees and may do."""

    @abstractmethod
    async def open(self, request: web.Request, hello: Hello) -> Party:
        """Who is this? Raises Refused for somebody who may not come in."""

    @abstractmethod
    async def snapshot(self, party: Party) -> dict[str, Any]:
        """The whole present state, as far as this party may see it."""

    @abstractmethod
    def topics(self, event: Event, dossier: Dossier | None) -> Iterable[Topic]:
        """Whom an event may concern."""

    @abstractmethod
    def render(self, event: Event, dossier: Dossier | None) -> tuple[str, dict[str, Any]] | None:
        """An event as kind and data of a frame, the same for all parties; None when it is none of theirs."""

    @abstractmethod
    async def missed(self, party: Party, after: int, limit: int) -> Sequence[Event]:
        """The events after a cursor that may concern this party, in order, at most `limit`."""

    @abstractmethod
    async def command(self, party: Party, name: str, id: str, data: dict[str, Any]) -> Mapping[str, Any]:
        """Do something; what is returned goes into the ack. Raises HubError when it is refused."""

    async def signal(self, party: Party, name: str, data: dict[str, Any]) -> None:
        """Passing news from this party; unknown names are ignored."""

    def allows(self, party: Party, event: Event, dossier: Dossier | None) -> bool:
        """May this party see this event? Asked for each party of a topic."""
        return True

    async def opened(self, party: Party) -> None:
        """The socket is in use."""

    async def closed(self, party: Party) -> None:
        """The socket is gone."""


@dataclass(slots=True, eq=False)
class Line:
    """One listener: a socket, or a poll that waits. `last` is the sequence it was brought last.

    While the past is being replayed (`held` is a list) live events wait in it.
    """

    endpoint: Endpoint
    party: Party
    last: int = 0
    held: list[tuple[int, str]] | None = field(default_factory=list)
    frames: deque[str] = field(default_factory=deque)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    overrun: bool = False

    def event(self, seq: int, rest: str) -> None:
        """Bring an event, unless it has been brought."""
        if self.held is not None:
            self.held.append((seq, rest))
        elif seq > self.last:
            self.put(f'{{"t":"event","seq":{seq},"prev":{self.last},{rest}')
            self.last = seq

    def put(self, frame: str) -> None:
        """Queue a frame; a reader that is too slow is marked to be cut off."""
        if len(self.frames) >= MAX_QUEUED:
            self.overrun = True
        else:
            self.frames.append(frame)
        self.ready.set()

    def release(self) -> None:
        """The past has been told: now bring what happened meanwhile."""
        held, self.held = self.held or [], None
        for seq, rest in held:
            self.event(seq, rest)


def frame(**values: Any) -> str:
    """A frame's text."""
    return _encoder.encode(values).decode()


def _rest(event: Event, kind: str, data: dict[str, Any]) -> str:
    return _encoder.encode({"kind": kind, "at": event.at, "data": data}).decode()[1:]


class Realtime:
    """All listeners of the hub. `sockets` counts the open ones."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._topics: dict[Topic, set[Line]] = {}
        self._endpoints: dict[Endpoint, int] = {}
        self._open: set[web.WebSocketResponse] = set()
        self._queue: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._publisher: asyncio.Task[None] | None = None
        self.published = 0

    @property
    def sockets(self) -> int:
        """How many sockets are open."""
        return len(self._open)

    def start(self) -> None:
        """Begin to bring events."""
        self._publisher = asyncio.create_task(self._publish_for_ever(), name="hub: realtime")

    async def stop(self) -> None:
        """Send everybody away: the hub restarts."""
        for socket in tuple(self._open):
            await socket.close(code=WSCloseCode.SERVICE_RESTART, message=b"the hub restarts")
        if self._publisher is not None:
            self._publisher.cancel()
            await asyncio.wait([self._publisher])

    # -- events -------------------------------------------------------------------------------------

    def publish(self, events: Sequence[Event]) -> None:
        """These are stored, in this order. Nearly free when nobody listens."""
        if self._endpoints:
            self._queue.extend(events)
            self._wake.set()

    async def _publish_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                event = self._queue.popleft()
                self._bring(event, await self._dossier(event))

    async def _dossier(self, event: Event) -> Dossier | None:
        if not event.person_id:
            return None
        cached = self._hub.people.cached(event.person_id)
        if cached is not None:
            return cached
        try:
            return await self._hub.people.dossier(event.person_id)
        except HubError:
            return None

    def _bring(self, event: Event, dossier: Dossier | None) -> None:
        for endpoint in self._endpoints:
            lines = [line for topic in endpoint.topics(event, dossier) for line in self._topics.get(topic, ())]
            lines = [line for line in lines if line.endpoint is endpoint]
            rendered = endpoint.render(event, dossier) if lines else None
            if rendered is None:
                continue
            rest = _rest(event, *rendered)
            for line in lines:
                if endpoint.allows(line.party, event, dossier):
                    line.event(event.id, rest)

    def signal(self, topic: Topic, name: str, data: dict[str, Any], *, but: Party | None = None) -> None:
        """Passing news for everybody on a topic, except `but`."""
        lines = [line for line in self._topics.get(topic, ()) if line.party is not but]
        if lines:
            text = frame(t="signal", name=name, data=data)
            for line in lines:
                line.put(text)

    def parties(self, topic: Topic) -> Iterable[Party]:
        """Who listens to a topic."""
        return [line.party for line in self._topics.get(topic, ())]

    # -- sockets ------------------------------------------------------------------------------------

    async def serve(self, request: web.Request, endpoint: Endpoint) -> web.WebSocketResponse:
        """Speak the protocol with one page until it goes."""
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=MAX_FRAME, compress=False, timeout=5)
        await socket.prepare(request)
        if self._hub.stopping:
            await socket.close(code=WSCloseCode.SERVICE_RESTART)
            return socket
        hello = await self._hello(socket)
        if hello is None:
            return socket
        try:
            party = await endpoint.open(request, hello)
        except Refused as error:
            await socket.close(code=UNAUTHORISED, message=error.code.encode())
            return socket
        line = Line(endpoint, party)
        self._attach(line)
        self._open.add(socket)
        writer = asyncio.create_task(self._write(socket, line))
        try:
            await endpoint.opened(party)
            await self._begin(line, hello.cursor)
            await self._listen(socket, line)
        finally:
            self._detach(line)
            self._open.discard(socket)
            writer.cancel()
            await asyncio.wait([writer])
            await endpoint.closed(party)
        return socket

    async def _hello(self, socket: web.WebSocketResponse) -> Hello | None:
        try:
            async with asyncio.timeout(HELLO_WITHIN):
                message = await socket.receive()
        except TimeoutError:
            await socket.close(code=NO_HELLO)
            return None
        try:
            if message.type is WSMsgType.TEXT:
                hello = _frames.decode(message.data)
                if isinstance(hello, Hello):
                    return hello
        except msgspec.MsgspecError:
            pass
        if not socket.closed:
            await socket.close(code=MALFORMED, message=b"the first frame must be a hello")
        return None

    def _attach(self, line: Line) -> None:
        self._topics.setdefault(line.party.topic, set()).add(line)
        self._endpoints[line.endpoint] = self._endpoints.get(line.endpoint, 0) + 1

    def _detach(self, line: Line) -> None:
        lines = self._topics[line.party.topic]
        lines.discard(line)
        if not lines:
            del self._topics[line.party.topic]
        self._endpoints[line.endpoint] -= 1
        if not self._endpoints[line.endpoint]:
            del self._endpoints[line.endpoint]

    async def _begin(self, line: Line, cursor: int | None) -> None:
        """Welcome: replay what was missed, or show everything."""
        missed = await self._missed(line, cursor)
        snapshot = None
        if missed is None:
            # Read the place first: what happens while the snapshot is made comes again, and does no harm.
            cursor = self._hub.store.committer.position
            snapshot = await line.endpoint.snapshot(line.party)
            missed = []
        line.last = cursor or 0
        now = int(self._hub.clock.now() * 1000)
        line.put(frame(t="welcome", cursor=line.last, now=now, snapshot=snapshot))
        await self._replay(line, missed)

    async def _missed(self, line: Line, cursor: int | None) -> Sequence[Event] | None:
        """What came after the cursor; None when there is none or it was too much."""
        if cursor is None or not 0 <= cursor <= self._hub.store.committer.position:
            return None
        missed = await line.endpoint.missed(line.party, cursor, MAX_REPLAY + 1)
        return None if len(missed) > MAX_REPLAY else missed

    async def _replay(self, line: Line, missed: Sequence[Event]) -> None:
        past: list[tuple[int, str]] = []
        for event in missed:
            dossier = await self._dossier(event)
            if not line.endpoint.allows(line.party, event, dossier):
                continue
            rendered = line.endpoint.render(event, dossier)
            if rendered is not None:
                past.append((event.id, _rest(event, *rendered)))
        line.held = past + (line.held or [])
        line.release()

    async def _write(self, socket: web.WebSocketResponse, line: Line) -> None:
        try:
            while True:
                await line.ready.wait()
                line.ready.clear()
                while line.frames:
                    await socket.send_str(line.frames.popleft())
                if line.overrun:
                    self._hub.count("slow_readers")
                    await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"reads too slowly")
        except (ConnectionError, RuntimeError):
            return

    async def _listen(self, socket: web.WebSocketResponse, line: Line) -> None:
        budget = _Budget(SIGNALS_PER_SECOND)
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                await socket.close(code=MALFORMED, message=b"frames are JSON text")
                return
            try:
                said = _frames.decode(message.data)
            except msgspec.MsgspecError as error:
                line.put(frame(t="error", code="malformed", message=str(error)))
                await socket.close(code=MALFORMED, message=b"malformed frame")
                return
            if isinstance(said, Do):
                line.put(await self._command(line, said))
            elif isinstance(said, Ping):
                line.put('{"t":"pong"}')
            elif isinstance(said, Signal) and budget.spend(self._hub.clock.monotonic()):
                await self._signal(line, said)

    async def _command(self, line: Line, said: Do) -> str:
        if not 0 < len(said.id) <= 100:
            return frame(t="error", id=said.id[:100], code="bad_id", message="a command's id has 1 to 100 characters")
        try:
            data = await line.endpoint.command(line.party, said.name, said.id, said.data)
        except HubError as error:
            code, message = _told(error)
            return frame(t="error", id=said.id, code=code, message=message)
        return frame(t="ack", id=said.id, data=data)

    async def _signal(self, line: Line, said: Signal) -> None:
        try:
            await line.endpoint.signal(line.party, said.name, said.data)
        except HubError as error:
            self._hub.log.debug("a signal was refused", name=said.name, error=str(error))

    # -- long polls -----------------------------------------------------------------------------------

    async def poll(self, endpoint: Endpoint, party: Party, after: int, wait: float) -> list[dict[str, Any]]:
        """The events after `after`, at once when there are any, else those of the next `wait` seconds.

        Raises Refused (409 ``too_old``) when the cursor is too old to go on from.
        """
        line = Line(endpoint, party, last=after)
        self._attach(line)
        try:
            missed = await self._missed(line, after)
            if missed is None:
                raise Refused(409, "too_old", "too much has happened since; take the snapshot")
            await self._replay(line, missed)
            if not line.frames and wait > 0:
                await self._wait(line, wait)
            frames = [msgspec.json.decode(text) for text in line.frames]
            return [found for found in frames if found["t"] == "event"]
        finally:
            self._detach(line)

    async def _wait(self, line: Line, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await line.ready.wait()
        except TimeoutError:
            return


def _told(error: HubError) -> tuple[str, str]:
    """An error as code and sentence for a page."""
    if isinstance(error, Refused):
        return error.code, str(error)
    if isinstance(error, Conflict):
        return "conflict", str(error)
    return "unavailable", "the hub cannot do this now; try again"


class _Budget:
    """So many signals a second; the rest is dropped."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._left = float(per_second)
        self._at = 0.0

    def spend(self, now: float) -> bool:
        self._left = min(self._per_second, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
