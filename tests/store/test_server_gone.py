"""PostgreSQL goes away and comes back: nothing acknowledged is lost, nothing is stored twice, the hub goes on by itself."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from hub.errors import ConfigError, StoreUnavailable
from hub.testing import EchoBot, FakeChannel, HubKit, use
from hub.testing.fixtures import MakeHub
from tests.databases import Postgres, on_postgres
from tests.store.line import Line, line_to
from tests.store.opened import Opened, datum, inbound

pytestmark = pytest.mark.postgres


@pytest_asyncio.fixture
async def line(postgres: Postgres) -> AsyncIterator[Line]:
    async with line_to(postgres) as line:
        yield line


@pytest_asyncio.fixture
async def opened(postgres: Postgres, line: Line, tmp_path: Path) -> AsyncIterator[Opened]:
    """A store over the line."""
    opened = Opened(tmp_path, line.url(postgres.create()))
    await opened.open()
    yield opened
    line.mend()
    await opened.close()


@pytest_asyncio.fixture
async def kit(postgres: Postgres, line: Line, tmp_path: Path) -> AsyncIterator[HubKit]:
    """A hub over the line."""
    url = line.url(postgres.create())
    async with HubKit(tmp_path, use(FakeChannel, "fake"), EchoBot, database=url) as kit:
        yield kit
        line.mend()


async def quiet(kit: HubKit) -> None:
    """Wait until nothing is left to commit."""

    async def look() -> bool:
        return not await kit.rows("SELECT id FROM outbox")

    await kit.settled()
    await kit.until(look, "everything sent is noted")
    # Commits keep their order: with this one, what was noted in passing is stored, too.
    await kit.hub.store.data("test").put("quiet", True)


@on_postgres
async def test_a_stopped_server_is_unavailable_and_found_again_when_it_is_back(
    make_hub: MakeHub, postgres: Postgres
) -> None:
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot)
    visitor = kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一")
    await kit.settled()
    postgres.stop()
    try:
        with pytest.raises(StoreUnavailable):
            await visitor.says("二", key="k")
        with pytest.raises(StoreUnavailable):
            await kit.rows("SELECT 1")
        assert not await kit.hub.writable()
        with pytest.raises(StoreUnavailable):
            await visitor.says("二", key="k")
    finally:
        postgres.start()
    await visitor.says("二", key="k")
    await visitor.hears("二")
    assert await kit.hub.writable()
    await visitor.hears_nothing_more()


async def test_nobody_there_at_the_start_is_a_clear_error(postgres: Postgres, line: Line, tmp_path: Path) -> None:
    line.cut()
    with pytest.raises(StoreUnavailable, match="cannot reach PostgreSQL"):
        await Opened(tmp_path, line.url(postgres.create())).open()


async def test_a_cut_line_fails_what_waits_and_stores_nothing_of_it(opened: Opened, line: Line) -> None:
    await opened.commit(datum("a", event="a"))
    line.cut()
    ended = await opened.commit(datum("b", event="b"), datum("c", event="c"))
    assert [type(end) for end in ended] == [StoreUnavailable, StoreUnavailable]
    with pytest.raises(StoreUnavailable):
        await opened.values("SELECT 1")
    line.mend()
    await opened.store.commit(datum("d", event="d"))
    assert await opened.values("SELECT name FROM datum ORDER BY name") == ["a", "d"]
    assert [(event.id, event.kind) for event in opened.heard] == [(1, "a"), (2, "d")]


async def test_events_have_their_place_after_a_commit_whose_answer_was_lost(opened: Opened, line: Line) -> None:
    await opened.commit(datum("a", event="a"))
    line.lose_the_next_commit()
    with pytest.raises(StoreUnavailable):
        await opened.store.commit(datum("b", event="b"))
    await opened.store.commit(datum("c", event="c"))
    assert await opened.values("SELECT kind FROM event ORDER BY id") == ["a", "b", "c"]
    assert await opened.values("SELECT id FROM event ORDER BY id") == [1, 2, 3]


async def test_who_sends_again_after_a_lost_answer_is_recognised(opened: Opened, line: Line) -> None:
    line.lose_the_next_commit()
    with pytest.raises(StoreUnavailable):
        await opened.store.commit(inbound(1, "k"))
    again = inbound(2, "k")
    await opened.store.commit(again)
    assert again.result == 1


async def test_a_message_whose_storing_was_not_answered_is_sent_again_and_worked_on_once(
    kit: HubKit, line: Line
) -> None:
    visitor = kit.visitor("fake", "u1")
    await quiet(kit)
    line.lose_the_next_commit()
    with pytest.raises(StoreUnavailable):
        await visitor.says("一", key="k")
    assert (await visitor.says("一", key="k")).duplicate
    await visitor.hears("一")
    await visitor.says("二")
    await visitor.hears("二")
    await visitor.hears_nothing_more()


@pytest.mark.parametrize("known", [False, True], ids=["a stranger", "somebody known"])
async def test_a_message_whose_second_commit_was_not_answered_is_answered_once(
    kit: HubKit, line: Line, known: bool
) -> None:
    visitor = kit.visitor("fake", "u1")
    if known:
        await visitor.says("零")
        await visitor.hears("零")
    await quiet(kit)
    accepted = await visitor.says("一")
    line.lose_the_next_commit()
    assert not accepted.duplicate
    await visitor.hears("一")
    await visitor.says("二")
    await visitor.hears("二")
    await visitor.hears_nothing_more()
    assert await kit.rows("SELECT count(*) AS n FROM inbox WHERE state <> 1") == [{"n": 0}]
    assert await kit.rows("SELECT count(*) AS n FROM outbox") == [{"n": 0}]
    assert await kit.hub.path.dead.count() == 0
    assert len(await kit.rows("SELECT id FROM conversation")) == 1


async def test_what_an_agent_does_goes_on_after_a_lost_answer(kit: HubKit, line: Line) -> None:
    visitor, agent = kit.visitor("fake", "u1"), kit.agent("刘芳")
    await visitor.says("一")
    await visitor.hears("一")
    await agent.takes(visitor)
    await visitor.hears_line("joined", name="刘芳")
    await quiet(kit)
    line.lose_the_next_commit()
    with pytest.raises(StoreUnavailable):
        await agent.says("在", client_id="c1")
    await agent.says("在", client_id="c1")
    await visitor.hears("在")
    await agent.says("再见")
    await visitor.hears("再见")
    await agent.closes()
    await visitor.hears_line("closed")
    await visitor.hears_nothing_more()


@pytest.mark.parametrize("option", ["", "&sslmode=disable", "&sslmode=prefer", "&application_name=front"])
async def test_an_address_is_read_alike_for_writing_and_for_reading(
    postgres: Postgres, tmp_path: Path, option: str
) -> None:
    one = Opened(tmp_path, postgres.create() + option)
    await one.open()
    await one.store.commit(datum("a"))
    assert await one.values("SELECT name FROM datum") == ["a"]
    if "application_name" in option:
        assert await one.values("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'front'") == [2]
    await one.close()


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("/hub", "/nothub"),
        lambda url: url + "&nonsense=1",
        lambda url: url + "&sslmode=nonsense",
        lambda url: "postgres://u:p@127.0.0.1:nonsense/hub",
    ],
    ids=["no such database", "no such option", "no such mode", "no port"],
)
async def test_an_address_that_leads_nowhere_is_a_clear_error(
    postgres: Postgres, tmp_path: Path, change: Callable[[str], str]
) -> None:
    with pytest.raises(StoreUnavailable, match=r"cannot reach PostgreSQL: .*(hub|nonsense|sslmode)"):
        await Opened(tmp_path, change(postgres.create())).open()


async def test_without_its_driver_it_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(ConfigError, match=r"frontdesk-hub\[postgres\]"):
        await Opened(tmp_path, "postgres://u@127.0.0.1/hub").open()
