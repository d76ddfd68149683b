"""A real hub on a real port with a toy channel, and people at its desk who speak HTTP and the realtime protocol."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

import aiohttp

from hub import Channel, Inbound, Limits, Outbound, Plugin, PluginConfig, Sender, Sent, Text
from hub.clock import Clock
from hub.config import load
from hub.errors import Rejected
from hub.hub import Hub
from hub.records import Agent
from hub.server import Server
from hub_desk import Desk
from hub_desk.accounts import Accounts
from hub_desk.workbench import Workbench
from hub_media import Media
from hub_ops import Ops
from tests.web_core.realtime_kit import Client, Lines

PASSWORD: Final = "correct horse 电池"
PATIENCE: Final = 60.0
CONFIG: Final = """
hub: {locale: en}
teams:
  - {id: front, name: {zh-CN: 前台, en: Front desk}}
  - {id: back, name: {zh-CN: 后台, en: Back office}}
service: {first_owner: queue}
plugins:
  - {use: toy, required: true}
  - {use: desk, required: true}
  - {use: media, required: true}
"""
Role = Literal["agent", "supervisor", "admin"]


class Toy(Channel[PluginConfig]):
    """Keeps what it is to send; refuses what says so."""

    platform: ClassVar[str] = "toy"
    title: ClassVar[str] = "Toy"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.sent: list[Outbound] = []
        self.keys = itertools.count()

    @property
    def limits(self) -> Limits:
        return Limits(kinds=frozenset({"text", "image", "file"}), max_text=500)

    async def send(self, message: Outbound) -> Sent:
        first = message.body[0]
        if isinstance(first, Text) and "refuse me" in first.text:
            raise Rejected("the platform says no")
        self.sent.append(message)
        return Sent(external_id=message.key)

    async def hear(self, who: str, text: str) -> int:
        """A customer says something; the message's id."""
        inbound = Inbound(f"k{next(self.keys)}", Sender(who, name=who), (Text(text),))
        return (await self.ctx.accept(inbound)).message_id


PLUGINS: Final[dict[str, type[Plugin[Any]]]] = {"toy": Toy, "desk": Desk, "media": Media, "ops": Ops}


class House:
    """The hub, its toy channel, and the way to its desk."""

    def __init__(self, server: Server, log: Lines) -> None:
        self.server = server
        self.hub = server.hub
        self.log = log
        self.url = server.url
        self._people: list[Person] = []

    @property
    def toy(self) -> Toy:
        plugin = self.hub.registry.get("toy")
        assert isinstance(plugin, Toy)
        return plugin

    @property
    def workbench(self) -> Workbench:
        plugin = self.hub.registry.get("desk")
        assert isinstance(plugin, Desk)
        return plugin.workbench

    @property
    def accounts(self) -> Accounts:
        return self.workbench.accounts

    async def agent(self, login: str, role: Role = "agent", *teams: str) -> Agent:
        """An account with a password."""
        accounts = self.accounts
        if accounts.setup_needed and role == "admin":
            token = await accounts.make_setup_link()
            assert token is not None
            return await accounts.set_up(token, login, login.title(), PASSWORD)
        _, token = await accounts.invite("test", login, login.title(), role, teams)
        return await accounts.set_up(token, login, "", PASSWORD)

    def anonymous(self) -> Person:
        """Somebody who is not signed in."""
        person = Person(self)
        self._people.append(person)
        return person

    async def person(self, login: str = "ada", role: Role = "agent", *teams: str) -> Person:
        """Somebody new with an account, signed in."""
        agent = self.accounts.find(login) or await self.agent(login, role, *teams)
        person = self.anonymous()
        await person.sign_in(agent)
        return person

    async def conversation(self, who: str = "visitor", text: str = "hello", team: str = "") -> int:
        """A customer writes; the id of their conversation."""
        await self.toy.hear(who, text)
        key = ("toy", "toy", who)
        await self.until(lambda: self.hub.people.person_of(key) is not None)
        dossier = await self.hub.people.find(key)
        assert dossier is not None
        await self.until(lambda: dossier.conversation is not None and dossier.conversation.last_text == text)
        assert dossier.conversation is not None
        return dossier.conversation.id

    async def rows(self, table: str) -> int:
        """How many rows a table has."""
        return int(await self.hub.store.reader.value(f"SELECT count(*) FROM {table}"))

    async def until(self, true: Callable[[], bool]) -> None:
        """Return when it is true."""
        async with asyncio.timeout(PATIENCE):
            while not true():
                await asyncio.sleep(0.005)

    async def close(self) -> None:
        for person in self._people:
            await person.session.close()


class Person:
    """A browser. Answers come as (status, JSON); `csrf` goes with each change."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.csrf = ""
        self.agent: Agent | None = None
        self.session = aiohttp.ClientSession(house.url, cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def sign_in(self, agent: Agent) -> None:
        status, answer = await self.post("/api/session", {"login": agent.login, "password": PASSWORD})
        assert status == 200, answer
        self.csrf = answer["csrf"]
        self.agent = agent

    async def ask(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        headers = {"X-CSRF-Token": self.csrf, **options.pop("headers", {})}
        async with self.session.request(method, path, headers=headers, **options) as answer:
            if answer.content_type == "application/json":
                return answer.status, await answer.json()
            return answer.status, await answer.read()

    async def get(self, path: str, **query: Any) -> tuple[int, Any]:
        return await self.ask("GET", path, params=query)

    async def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        return await self.ask("POST", path, json={} if body is None else body)

    async def patch(self, path: str, body: Any) -> tuple[int, Any]:
        return await self.ask("PATCH", path, json=body)

    async def upload(self, content: bytes, name: str = "a.png", mime: str = "image/png") -> tuple[int, Any]:
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("file", content, filename=name, content_type=mime)
        return await self.ask("POST", "/api/uploads", data=form)

    async def socket(self, **headers: str) -> Client:
        """A socket on which nothing has been said."""
        return Client(await self.session.ws_connect("/api/realtime", headers=headers))

    async def desk(self, cursor: int | None = None) -> tuple[DeskPage, dict[str, Any]]:
        """An open workbench and its welcome."""
        socket = await self.session.ws_connect("/api/realtime")
        page = DeskPage(socket)
        await page.send(t="hello", cursor=cursor, locale="en")
        welcome = await page.read()
        assert welcome["t"] == "welcome", welcome
        return page, welcome


class DeskPage(Client):
    """A workbench. Events that come before a command's answer wait until they are asked for."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        super().__init__(socket)
        self.waiting: list[dict[str, Any]] = []

    async def do(self, name: str, *, id: str = "", **data: Any) -> dict[str, Any]:
        """A command; the ack's data, or the error frame."""
        asked = id or str(uuid.uuid4())
        await self.send(t="do", id=asked, name=name, data=data)
        while True:
            frame = await self.read()
            if frame.get("id") == asked:
                answer: dict[str, Any] = frame["data"] if frame["t"] == "ack" else frame
                return answer
            self.waiting.append(frame)

    async def event(self, kind: str, sure: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The next event of this kind of which `sure` is true for its data."""
        while True:
            frame = self.waiting.pop(0) if self.waiting else await self.read()
            if frame["t"] == "event" and frame["kind"] == kind and sure(frame["data"]):
                return frame


@asynccontextmanager
async def open_house(
    path: Path, *, clock: Clock | None = None, config: str = CONFIG, **plugins: type[Plugin[Any]]
) -> AsyncIterator[House]:
    """A running hub with its data in `path`; `config` may name `plugins` besides those that are always there."""
    document = path / "hub.yaml"
    document.write_text(config, encoding="utf-8")
    log = Lines()
    hub = Hub(load(document, env={}, plugins={**PLUGINS, **plugins}), path / "data", clock=clock, log=log)
    async with Server(hub) as server:
        house = House(server, log)
        try:
            yield house
        finally:
            await house.close()
