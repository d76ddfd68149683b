"""The hooks that show something beside a conversation, asked as the workbench asks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from hub import Conversation, Message, Panel, PanelItem, Person, Plugin, PluginConfig, Suggestion, hookimpl
from hub.config import load
from hub.hub import Hub
from hub.message import plain_text
from hub.server import Server
from hub_media import Media
from tests.web_core.desk_kit import CONFIG, House, Toy
from tests.web_core.realtime_kit import Lines

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
    document = tmp_path / "hub.yaml"
    document.write_text(CONFIG + "".join(f"  - {{use: {name}}}\n" for name in plugins), encoding="utf-8")
    log = Lines()
    loaded = load(document, env={}, plugins={"toy": Toy, "media": Media, **plugins})
    async with Server(Hub(loaded, tmp_path / "data", log=log)) as server:
        house = House(server, log)
        yield house
        await house.close()


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
