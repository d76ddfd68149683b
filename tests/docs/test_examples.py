"""The examples of docs/writing-a-plugin.md, run."""

from __future__ import annotations

import asyncio
import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hub import say
from hub.config import load
from hub.hub import Hub
from hub.server import Server
from hub.testing import FakeChannel, HubKit, use
from hub_people import People

PAGE = Path(__file__).parents[2] / "docs" / "writing-a-plugin.md"
YAML = """
plugins:
  - use: doorbell
    required: true
    config: {secret: "open sesame"}
  - use: porter
"""


def examples() -> dict[str, Any]:
    names: dict[str, Any] = {}
    blocks = re.findall(r"```python\n# (\w+)\.py\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert [name for name, _ in blocks] == ["doorbell", "counter", "porter"]
    for name, code in blocks:
        exec(compile(code, f"{name}.py", "exec", dont_inherit=True), names)
    return names


async def test_the_channel_and_the_bot_of_the_page_work(tmp_path: Path) -> None:
    names = examples()
    document = tmp_path / "hub.yaml"
    document.write_text(YAML, "utf-8")
    config = load(document, {}, {"doorbell": names["Doorbell"], "porter": names["Porter"]})
    async with Server(Hub(config, tmp_path / "data")) as server, aiohttp.ClientSession() as client:
        ring = f"{server.url}/doorbell/ring"
        said = {"id": "1", "flat": "2B", "words": "几点开门"}
        async with client.post(ring, json=said, headers={"X-Secret": "wrong"}) as answer:
            assert answer.status == 401
        for again in (False, True):
            async with client.post(ring, json=said, headers={"X-Secret": "open sesame"}) as answer:
                assert (answer.status, (await answer.json())["again"]) == (200, again)
        doorbell: Any = server.hub.registry.get("doorbell")
        async with asyncio.timeout(10):
            while not doorbell.rung:
                await asyncio.sleep(0)
        assert doorbell.rung == ["前台九点开门。"]


async def test_the_counter_of_the_page_answers_twice(tmp_path: Path) -> None:
    names = examples()
    async with HubKit(tmp_path / "data", use(names["Counter"], "counter"), names["Porter"]) as kit:
        counter: Any = kit.hub.registry.get("counter")
        accepted = await counter.came("17", "几点开门")
        await kit.settled()
        (row,) = await kit.rows("SELECT conversation_id AS id FROM message WHERE id = ?", accepted.message_id)
        for words in ("您是下一位。", "请到三号窗口。"):
            await counter.ctx.act(row["id"], say(words))
        await kit.settled()
        assert counter.called == ["1: 前台九点开门。", "2: 您是下一位。"]
        (failed,) = await kit.rows("SELECT error FROM message WHERE state = 'failed'")
        assert "2 条回复已用完" in failed["error"]


@pytest.fixture
def wall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The package of the page that has tables, installed for one test."""
    blocks = re.findall(r"```python\n# (wall/\S+\.py)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert [name for name, _ in blocks] == ["wall/tables.py", "wall/migrations/0001_initial.py", "wall/__init__.py"]
    for name, code in [*blocks, ("wall/migrations/__init__.py", "")]:
        file = tmp_path / "packages" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    yield importlib.import_module("wall").Wall
    for name in [name for name in sys.modules if name.partition(".")[0] == "wall"]:
        del sys.modules[name]


async def test_the_wall_of_the_page_shows_pins_and_keeps_them(tmp_path: Path, wall: Any) -> None:
    sections = {"hub": {"locale": "en"}, "service": {"first_owner": "queue"}}
    instances = use(FakeChannel, "fake"), wall, use(People, "people")
    async with HubKit(tmp_path / "data", *instances, serve=True, sections=sections) as kit:
        visitor = kit.visitor("fake", "u1")
        await visitor.says("hello")
        conversation = (await visitor.is_with("queue")).id
        async with aiohttp.ClientSession() as client:

            async def shown() -> Any:
                async with client.get(f"{kit.url}/wall") as answer:
                    return await answer.json()

            assert await shown() == {"teams": {"Front desk": 1}, "online": [], "pinned": {}}
            async with client.post(f"{kit.url}/wall/{conversation}/pin", data="a big customer") as answer:
                assert answer.status == 200, await answer.text()
            async with client.post(f"{kit.url}/wall/1/pin", data="nobody") as answer:
                assert answer.status == 404
            assert (await shown())["pinned"] == {str(conversation): "a big customer"}
            found = await kit.hub.reading.conversation(conversation)
            assert found is not None
            assert found.tags == ("pinned",)
            await kit.restart()
            assert (await shown())["pinned"] == {str(conversation): "a big customer"}
            erased = await kit.plugin("people", People).erasing.erase(found.person_id, "sun", finish=True)
            assert erased.waiting == ()
            assert (await shown())["pinned"] == {}
