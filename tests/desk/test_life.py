"""The workbench comes and goes, as any plugin does; a hub does without it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from hub.conversations.scene import Scene
from hub_desk import DeskConfig
from tests.desk.kit import CONFIG, House, open_house
from tests.web_core.plain_kit import open_place


async def test_stopping_sends_sockets_away_and_may_be_done_twice(desk: House) -> None:
    root = await desk.person("root", "admin")
    page, _ = await root.desk()
    assert desk.workbench.realtime.sockets == 1
    closed = asyncio.create_task(page.closed())
    await desk.server.stop()
    assert await closed == 1012
    await desk.server.stop()
    with pytest.raises(aiohttp.ClientConnectionError):
        await root.get("/healthz")
    assert desk.log.errors() == []


async def test_pages_come_back_to_a_workbench_that_was_started_anew(desk: House) -> None:
    root = await desk.person("root", "admin")
    assert root.agent
    page, _ = await root.desk()
    assert desk.hub.agents.get(root.agent.id).connected
    held = desk.workbench.ctx.held
    config = DeskConfig.model_validate({"canned": [{"title": "hi", "text": "Hello!"}]})
    closed = asyncio.create_task(page.closed())
    await desk.hub.registry.restart("desk", config)
    assert await closed == 1012
    await desk.until(lambda: not desk.hub.agents.get(root.agent.id).connected)  # type: ignore[union-attr]
    assert held() == ()
    # Signed in as before, and with what is configured now.
    _, welcome = await root.desk()
    assert welcome["snapshot"]["canned"] == [{"title": "hi", "text": "Hello!"}]
    assert (await root.ask("PUT", "/api/me/state", json={"state": "online"}))[0] == 200
    await desk.hub.registry.stop("desk")
    for path in ("/api/session", "/api/realtime", "/media/1", "/desk/"):
        assert (await root.get(path))[0] == 404
    assert desk.log.errors() == []


async def test_a_hub_without_a_workbench_has_none_of_its_addresses_and_tables(tmp_path: Path) -> None:
    async with open_place(tmp_path) as place:
        for path in ("/api/setup", "/api/session", "/api/conversations", "/api/realtime", "/api/agents", "/media/1", "/desk/"):
            assert (await place.ask("GET", path))[0] == 404, path
        assert (await place.ask("GET", "/readyz"))[0] == 200
        tables = await place.hub.store.reader.all("SELECT name FROM sqlite_master WHERE type = 'table'")
        assert not [row["name"] for row in tables if row["name"].startswith("desk_")]
        assert await place.hub.calls.collect("welcome", url=place.server.url) == []


async def test_the_workbench_can_be_added_to_a_hub_that_is_in_use_and_taken_away_again(tmp_path: Path) -> None:
    without = CONFIG.replace("  - {use: desk, required: true}\n", "")
    async with open_house(tmp_path, config=without) as house:
        number = await house.conversation("wang")
    async with open_house(tmp_path) as house:
        root = await house.person("root", "admin")
        assert (await root.post(f"/api/conversations/{number}/take"))[0] == 200
    async with open_house(tmp_path, config=without) as house:
        conversation = await house.hub.reading.conversation(number)
        assert conversation is not None
        assert house.hub.agents.owner_name(conversation) == "Root"


async def test_the_first_line_links_to_a_page_that_makes_the_first_administrator(desk: House) -> None:
    (lines,) = await desk.hub.calls.collect("welcome", url=desk.url)
    said, link = lines
    assert said.startswith("There is no administrator yet.")
    token = link.removeprefix(f"{desk.url}/desk/setup#token=")
    await desk.accounts.set_up(token, "root", "Root", "correct horse battery")
    assert await desk.hub.calls.collect("welcome", url=desk.url) == []


async def test_a_command_that_waits_when_the_hub_stops_is_answered(desk: House) -> None:
    root = await desk.person("root", "admin")
    number = await desk.conversation()
    begun, gate = asyncio.Event(), asyncio.Event()

    async def slow(scene: Scene) -> None:
        begun.set()
        await gate.wait()

    first = asyncio.create_task(desk.hub.path.in_conversation(number, "test", slow))
    await begun.wait()
    waiting = asyncio.create_task(root.post(f"/api/conversations/{number}/take"))
    lanes = desk.hub.path.lanes._lanes
    await desk.until(lambda: any(lane.items for lane in lanes.values()))
    stop = asyncio.create_task(desk.server.stop())
    status, answer = await waiting
    assert (status, answer["error"]["code"]) == (503, "stopping")
    gate.set()
    await first
    await stop


async def test_a_fault_in_what_a_plugin_does_in_a_conversation_is_its_own(desk: House) -> None:
    number = await desk.conversation()

    async def faulty(scene: Scene) -> None:
        scene.tag(["half"])
        raise KeyError("a fault")

    with pytest.raises(Exception, match="a fault"):
        await desk.workbench.ctx.house.play(number, "test", faulty)
    root = await desk.person("root", "admin")
    status, answer = await root.post(f"/api/conversations/{number}/take")
    assert (status, answer["conversation"]["tags"]) == (200, [])
