"""The hooks that show something beside a conversation, asked as the workbench asks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from hub import Conversation, Message, Panel, PanelItem, Person, Plugin, PluginConfig, Suggestion, hookimpl
from hub.message import plain_text
from hub.testing import EchoBot, FakeChannel, use
from hub.testing.fixtures import MakeHub
from tests.desk.kit import CONFIG, House, open_house

URL = "https://shop.example/1"


class Orders(Plugin[PluginConfig]):
    """Shows orders, and proposes what to say about them."""

    @hookimpl
    async def desk_panels(self, conversation: Conversation, person: Person) -> Panel | None:
        assert conversation.person_id == person.id
        return Panel("orders", "Orders", (PanelItem("latest", f"of {person.name}", URL), PanelItem("more", "none")))

    @hookimpl
    async def desk_suggestions(
        self, conversation: Conversation, person: Person, messages: Sequence[Message]
    ) -> Sequence[Suggestion] | None:
        said = ",".join(plain_text(message.body) for message in messages)
        return [Suggestion("perhaps", 0.2, "orders"), Suggestion(f"{len(messages)} to {said[-7:]}", 0.9, "orders")]


class Silent(Plugin[PluginConfig]):
    """Has nothing to show."""

    @hookimpl
    async def desk_panels(self) -> Panel | None:
        return None

    @hookimpl
    async def desk_suggestions(self) -> Sequence[Suggestion] | None:
        return None


class Broken(Plugin[PluginConfig]):
    """Fails wherever it is asked."""

    @hookimpl
    async def desk_panels(self) -> Panel | None:
        raise RuntimeError("no panel today")

    @hookimpl
    async def desk_suggestions(self) -> Sequence[Suggestion] | None:
        raise RuntimeError("nothing to say")

    @hookimpl
    async def customer_typing(self) -> None:
        raise RuntimeError("nobody types")


class Second(Plugin[PluginConfig]):
    """Shows something too."""

    @hookimpl
    async def desk_panels(self) -> Panel | None:
        return Panel("points", "Points", (PanelItem("now", "7"),))

    @hookimpl
    async def desk_suggestions(self) -> Sequence[Suggestion] | None:
        return (Suggestion("in between", 0.5, "second"),)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A hub with plugins that show something, one that does not, and one that fails."""
    plugins: dict[str, type[Any]] = {"silent": Silent, "broken": Broken, "orders": Orders, "second": Second}
    config = CONFIG + "".join(f"  - {{use: {name}}}\n" for name in plugins)
    async with open_house(tmp_path, config=config, **plugins) as house:
        yield house


async def test_desk_panels_come_from_all_who_have_one_in_their_order(house: House) -> None:
    ada = await house.person()
    conversation = await house.conversation("anna")
    status, answer = await ada.get(f"/api/conversations/{conversation}")
    assert status == 200
    assert answer["panels"] == [
        {
            "id": "orders",
            "title": "Orders",
            "items": [
                {"label": "latest", "value": "of anna", "url": URL},
                {"label": "more", "value": "none", "url": ""},
            ],
        },
        {"id": "points", "title": "Points", "items": [{"label": "now", "value": "7", "url": ""}]},
    ]


async def test_desk_suggestions_come_from_all_with_the_surest_first(house: House) -> None:
    ada = await house.person()
    conversation = await house.conversation("anna", "hello 1")
    for number in range(2, 31):
        await house.conversation("anna", f"hello {number}")
    _, answer = await ada.get(f"/api/conversations/{conversation}")
    # The latest twenty are shown to who proposes something.
    assert [one["text"] for one in answer["suggestions"]] == ["20 to ello 30", "in between", "perhaps"]
    assert answer["suggestions"][0] == {"text": "20 to ello 30", "confidence": 0.9, "source": "orders"}


class Board(Plugin[PluginConfig]):
    """A page of its own for those who serve."""

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        self.ctx.route("GET", "/board", self.show)
        self.ctx.route("POST", "/board", self.change)
        yield

    async def show(self, request: web.Request) -> web.Response:
        return web.json_response({"who": (await self.ctx.house.agent_of(request)).login})

    async def change(self, request: web.Request) -> web.Response:
        return web.json_response({"who": (await self.ctx.house.agent_of(request, "supervisor", "admin")).login})


async def test_signed_in_tells_another_plugin_whom_it_serves(tmp_path: Path) -> None:
    async with open_house(tmp_path, config=CONFIG + "  - {use: board}\n", board=Board) as house:
        ada, eva = await house.person("ada"), await house.person("eva", "supervisor")
        nobody = house.anonymous()
        assert [await one.get("/board") for one in (ada, eva)] == [(200, {"who": "ada"}), (200, {"who": "eva"})]
        status, refused = await nobody.get("/board")
        assert (status, refused["error"]["code"]) == (401, "signed_out")
        status, refused = await ada.post("/board")
        assert (status, refused["error"]["code"]) == (403, "forbidden")
        assert await eva.post("/board") == (200, {"who": "eva"})
        eva.csrf = "forged"
        assert (await eva.post("/board"))[0] == 401


class Watching(Plugin[PluginConfig]):
    """Hears who types."""

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        self.heard: list[tuple[str, int, bool]] = []
        yield

    @hookimpl
    async def customer_typing(self, person: Person, conversation: Conversation, on: bool) -> None:
        assert conversation.person_id == person.id
        self.heard.append((person.name, conversation.id, on))


async def test_customer_typing_is_told_with_the_conversation_and_only_of_customers_who_have_one(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "fake"), use(Broken, "broken"), Watching, EchoBot)
    visitor = kit.visitor("fake", "u1", name="Anna")
    channel = kit.plugin("fake", FakeChannel)
    await channel.ctx.customer_typing("u1", True)
    await visitor.says("hello")
    conversation = await visitor.conversation()
    await channel.ctx.customer_typing("u1", True)
    await channel.ctx.customer_typing("u1", False)
    assert kit.plugin("watching", Watching).heard == [("Anna", conversation.id, True), ("Anna", conversation.id, False)]


class Chronicler(Plugin[PluginConfig]):
    """Tells everything in one sentence."""

    @hookimpl
    async def explain_conversation(self, conversation: Conversation, locale: str) -> Sequence[dict[str, Any]]:
        return [{"at": conversation.opened_at, "kind": "all", "text": f"told in {locale}", "message": ""}]


async def test_explain_conversation_is_what_the_workbench_answers(tmp_path: Path) -> None:
    async with open_house(tmp_path) as desk:
        ada = await desk.person("ada")
        one = await desk.conversation()
        status, answer = await ada.get(f"/api/conversations/{one}/explain")
        assert (status, answer["error"]["code"]) == (422, "unsupported")
        assert "add `ops`" in answer["error"]["message"]
    config = CONFIG + "  - {use: chronicler, required: true}\n"
    async with open_house(tmp_path, config=config, chronicler=Chronicler) as desk:
        status, answer = await (await desk.person("ben")).get(f"/api/conversations/{one}/explain", locale="en")
        assert (status, [step["text"] for step in answer["steps"]]) == (200, ["told in en"])
