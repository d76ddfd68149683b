"""A real store, real people and the real protocol, with the smallest kind of page on top: a board for each person."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import aiohttp
import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer

from hub import house
from hub.context import Context
from hub.errors import Conflict, HubError, Refused, StoreUnavailable
from hub.people.dossiers import Dossier, People
from hub.people.reading import Reading
from hub.records import Event, Person
from hub.store.change import Change
from hub.store.rows import person_row
from hub.store.statements import Statements
from hub.store.store import Store
from hub.testing.clock import ManualClock
from hub_realtime import Endpoint, Hello, Party, Realtime, Topic


class Lines:
    """A logger that keeps what was logged."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def bind(self, **_: Any) -> Lines:
        return self

    def debug(self, event: str, **facts: Any) -> None:
        self.lines.append(("debug", event, facts))

    def info(self, event: str, **facts: Any) -> None:
        self.lines.append(("info", event, facts))

    def warning(self, event: str, **facts: Any) -> None:
        self.lines.append(("warning", event, facts))

    def error(self, event: str, **facts: Any) -> None:
        self.lines.append(("error", event, facts))

    def errors(self) -> list[str]:
        return [event for level, event, _ in self.lines if level == "error"]


class Board(Endpoint):
    """The token names the person; ``secret`` events are for those whose name ends with ``!``."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.done: list[str] = []
        self.gate: asyncio.Event | None = None
        self.reads = asyncio.Event()
        self.present: list[str] = []
        self.realtime: Realtime | None = None

    async def open(self, request: web.Request, hello: Hello) -> Party:
        if hello.token == "fault":
            raise ZeroDivisionError("a fault in the endpoint")
        if hello.token == "busy":
            raise StoreUnavailable("the disk is full")
        if not hello.token:
            raise Refused(401, "invalid_token", "no")
        name = hello.token
        return Party(name, ("board", int(name.rstrip("!"))), hello.locale)

    async def opened(self, party: Party) -> None:
        self.present.append(party.who)

    async def closed(self, party: Party) -> None:
        self.present.remove(party.who)

    async def snapshot(self, party: Party) -> dict[str, Any]:
        return {"for": party.who, "locale": party.locale}

    def topics(self, event: Event, dossier: Dossier | None) -> Iterable[Topic]:
        return [("board", event.person_id)]

    def allows(self, party: Party, event: Event, dossier: Dossier | None) -> bool:
        return event.kind != "secret" or party.who.endswith("!")

    def render(self, event: Event, dossier: Dossier | None) -> tuple[str, dict[str, Any]] | None:
        if event.kind == "broken":
            raise ZeroDivisionError("a fault in the endpoint")
        if event.kind == "hidden":
            return None
        return event.kind, {**event.data, "name": dossier.person.name if dossier else ""}

    async def missed(self, party: Party, after: int, limit: int) -> Sequence[Event]:
        found = await self.reading.events(after, limit, person_id=cast("int", party.topic[1]))
        self.reads.set()
        if self.gate is not None:
            await self.gate.wait()
        return found

    async def command(self, party: Party, name: str, id: str, data: dict[str, Any]) -> Mapping[str, Any]:
        if self.gate is not None:
            self.reads.set()
            await self.gate.wait()
        self.done.append(f"{party.who} {name} {id}")
        failures: dict[str, Exception] = {
            "refuse": Refused(409, "closed", "it is closed"),
            "conflict": Conflict("somebody was faster"),
            "full": StoreUnavailable("/var/secret is full"),
            "crash": ZeroDivisionError("inner secret"),
            "hub": HubError("inner secret"),
        }
        if name in failures:
            raise failures[name]
        return {"number": len(self.done)}

    async def signal(self, party: Party, name: str, data: dict[str, Any]) -> None:
        if name == "crash":
            raise ZeroDivisionError
        assert self.realtime is not None
        self.realtime.signal(party.topic, name, {**data, "by": party.who}, but=party)


class House:
    """The parts of a hub that the protocol needs, and one instance that speaks it."""

    ADA, BEN = 11, 12

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = ManualClock()
        self.log = Lines()
        self.counters: Counter[str] = Counter()
        self.live: list[Callable[[Sequence[Event]], None]] = []
        self.farewells: list[Callable[[], Awaitable[None]]] = []
        self.ctx = Context(cast("Any", self), "board", path)

    def count(self, name: str, number: int = 1) -> None:
        self.counters[name] += number

    def house(self, ctx: Context) -> house.House:
        return house.House(cast("Any", self), ctx)

    def _on_events(self, events: Sequence[Event]) -> None:
        for hear in self.live:
            hear(events)

    async def start(self) -> None:
        self.store = await Store.open(self.path, self.clock, on_events=self._on_events)
        self.reading = Reading(self.store.reader)
        self.people = People(self.reading)
        change = Change()
        for number, name in ((self.ADA, "Ada"), (self.BEN, "Ben")):
            change.write(Statements.add_person, person_row(Person(number, name)))
        await self.store.commit(change)
        self.board = Board(self.reading)
        self.board.realtime = self.realtime = Realtime(self.ctx)

    async def happens(self, *what: Any, person: int = ADA, kind: str = "note", **more: Any) -> int:
        """Store an event for each of `what`; the place of the last one."""
        change = Change()
        for one in what:
            change.event(kind, 1000, person, 0, data={"what": one, **more})
        await self.store.commit(change)
        return self.store.committer.position


class Client:
    """A page: sends frames, reads frames."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def send(self, **frame: Any) -> None:
        await self.socket.send_str(msgspec.json.encode(frame).decode())

    async def read(self) -> dict[str, Any]:
        message = await self.socket.receive(timeout=10)
        assert message.type is aiohttp.WSMsgType.TEXT, (message, self.socket.close_code)
        value: dict[str, Any] = msgspec.json.decode(message.data)
        return value

    async def read_until(self, kind: str) -> list[dict[str, Any]]:
        """Frames up to and with the first of type `kind`."""
        found = [await self.read()]
        while found[-1]["t"] != kind:
            found.append(await self.read())
        return found

    async def so_far(self) -> list[dict[str, Any]]:
        """Everything that was on its way: what comes before the answer to a ping."""
        await self.send(t="ping")
        return (await self.read_until("pong"))[:-1]

    async def closed(self) -> int:
        """Read on to the end; the code it was closed with."""
        while True:
            message = await self.socket.receive(timeout=10)
            if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR):
                return self.socket.close_code or 0


Connect = Callable[..., Any]


class Port:
    """Where pages connect to the house."""

    def __init__(self, house: House, session: aiohttp.ClientSession, url: str) -> None:
        self.house = house
        self._session = session
        self._url = url

    async def connect(self, **options: Any) -> Client:
        """A socket on which nothing has been said."""
        return Client(await self._session.ws_connect(self._url, **options))

    async def hello(self, token: Any = House.ADA, cursor: int | None = None, **more: Any) -> tuple[Client, dict[str, Any]]:
        """A page that was let in, and its welcome."""
        client = await self.connect()
        await client.send(t="hello", token=str(token), cursor=cursor, **more)
        welcome = await client.read()
        assert welcome["t"] == "welcome"
        return client, welcome


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Port]:
    """A house with its port."""
    house = House(path)
    await house.start()

    async def stream(request: web.Request) -> web.StreamResponse:
        return await house.realtime.serve(request, house.board)

    app = web.Application()
    app.router.add_get("/stream", stream)
    server = TestServer(app)
    await server.start_server()
    session = aiohttp.ClientSession()
    try:
        yield Port(house, session, str(server.make_url("/stream")))
    finally:
        await session.close()
        await house.ctx.release()
        await server.close()
        await house.store.close()
