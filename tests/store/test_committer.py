"""What the committer promises: groups, order, all or nothing, and that one bad change harms nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from hub.errors import Conflict, StoreError, StoreUnavailable
from hub.store.change import Change
from hub.store.committer import MAX_GROUP
from hub.store.statements import Statement, Statements
from tests.databases import both_databases
from tests.store.opened import Opened, datum, inbound, person

pytestmark = both_databases


async def test_who_comes_together_is_committed_together(opened: Opened) -> None:
    assert await opened.commit(*(datum(f"{number}") for number in range(50))) == [None] * 50
    assert len(opened.written) == opened.store.committer.groups == 1
    assert opened.store.committer.changes == 50
    assert await opened.values("SELECT count(*) FROM datum") == [50]


async def test_what_comes_during_a_commit_is_the_next_group_and_no_group_is_too_large(opened: Opened) -> None:
    many = MAX_GROUP + 10
    first = asyncio.ensure_future(opened.store.commit(datum("first")))
    while not opened.written:
        await asyncio.sleep(0)
    await opened.commit(*(datum(f"{number}") for number in range(many)))
    await first
    sizes = [sum(len(rows) for _, rows in group) for group in opened.written]
    assert sizes == [1, MAX_GROUP, 10]
    assert await opened.values("SELECT count(*) FROM datum") == [many + 1]


async def test_events_have_dense_places_in_the_order_of_the_changes(opened: Opened) -> None:
    async def writer(name: str) -> None:
        for number in range(10):
            change = datum(f"{name}{number}", event=f"{name} {number} a")
            change.event(f"{name} {number} b", 1)
            await opened.store.commit(change)

    async def fails() -> None:
        for _ in range(10):
            with pytest.raises(StoreError):
                await opened.store.commit(datum("bad", None, event="never"))

    await asyncio.gather(*map(writer, "pqrs"), fails())
    told = [(event.id, event.kind) for event in opened.heard]
    stored = [(row["id"], row["kind"]) for row in await opened.store.reader.all("SELECT * FROM event ORDER BY id")]
    assert stored == told
    assert [place for place, _ in told] == list(range(1, 81))
    assert opened.store.committer.position == 80
    for name in "pqrs":
        mine = [kind for _, kind in told if kind.startswith(name)]
        assert mine == [f"{name} {number} {half}" for number in range(10) for half in "ab"]


async def test_places_go_on_after_a_restart(opened: Opened, open_store: Callable[[], Opened]) -> None:
    await opened.commit(datum("a", event="one"), datum("b", event="two"))
    await opened.close()
    again = open_store()
    await again.open()
    await again.commit(datum("c", event="three"))
    assert [(event.id, event.kind) for event in again.heard] == [(3, "three")]


async def test_events_are_told_after_the_callbacks_and_before_the_waiting(opened: Opened) -> None:
    order: list[str] = []
    change = datum("a", event="told")
    change.after.append(lambda: order.append(f"after, {len(opened.heard)} told"))
    change.failed.append(lambda: order.append("failed"))
    await opened.store.commit(change)
    order.append(f"done, {len(opened.heard)} told")
    assert order == ["after, 0 told", "done, 1 told"]


async def test_a_change_is_stored_whole_or_not_at_all(opened: Opened) -> None:
    bad = datum("half", event="half")
    bad.write(Statements.put_datum, ("other", None))
    ended = await opened.commit(datum("whole", event="whole"), bad)
    assert ended[0] is None
    assert type(ended[1]) is StoreError
    assert await opened.values("SELECT name FROM datum") == ["whole"]
    assert await opened.values("SELECT kind FROM event") == ["whole"]


@pytest.mark.parametrize("place", [0, 24, 49])
async def test_a_bad_change_fails_alone(opened: Opened, place: int) -> None:
    failed: list[int] = []
    changes = [datum(f"{number}", None if number == place else "1", event=f"{number}") for number in range(50)]
    for number, change in enumerate(changes):
        change.failed.append(lambda number=number: failed.append(number))
    ended = await opened.commit(*changes)
    assert [number for number, end in enumerate(ended) if end is not None] == failed == [place]
    assert await opened.values("SELECT count(*) FROM datum") == [49]
    assert await opened.values("SELECT kind FROM event ORDER BY id") == [f"{n}" for n in range(50) if n != place]
    assert [event.id for event in opened.heard] == list(range(1, 50))


@pytest.mark.parametrize(
    "bad",
    [
        lambda: person(1, at=2**63),
        lambda: person(1, at=None),
        lambda: person(1, name="\ud800"),
        lambda: person(1, name=object()),
        lambda: datum("name", None),
    ],
    ids=["too large", "no number", "half a character", "no text", "no value"],
)
async def test_a_row_no_database_takes_is_a_store_error(opened: Opened, bad: Callable[[], Change]) -> None:
    with pytest.raises(StoreError) as raised:
        await opened.store.commit(bad())
    assert not isinstance(raised.value, StoreUnavailable)
    await opened.store.commit(datum("after"))
    assert await opened.values("SELECT name FROM datum") == ["after"]


async def test_a_checked_update_of_a_row_somebody_changed_is_a_conflict(opened: Opened) -> None:
    await opened.store.commit(inbound(7, "k"))

    def done(attempts: int) -> Change:
        change = Change()
        change.write(Statements.inbox_done, (1, None, attempts, "", 7, 0))
        change.event(f"done {attempts}", 1)
        return change

    ended = await opened.commit(done(1), done(2))
    assert ended[0] is None
    assert type(ended[1]) is Conflict
    with pytest.raises(Conflict):
        await opened.store.commit(done(3))
    assert await opened.values("SELECT attempts FROM inbox") == [1]
    assert await opened.values("SELECT kind FROM event ORDER BY id") == ["received", "done 1"]


async def test_an_insert_once_tells_who_was_first_within_a_group_and_later(opened: Opened) -> None:
    group = [inbound(1, "a"), inbound(2, "b"), inbound(3, "a"), inbound(4, "a", "other")]
    await opened.commit(*group)
    assert len(opened.written) == 1
    assert [change.result for change in group] == [0, 0, 1, 0]
    later = [inbound(5, "b"), inbound(6, "c"), inbound(7, "a")]
    await opened.commit(*later)
    assert [change.result for change in later] == [2, 0, 1]
    assert await opened.values("SELECT id FROM inbox ORDER BY id") == [1, 2, 4, 6]


async def test_a_statement_that_is_wrong_harms_nobody_else_and_is_no_outage(opened: Opened) -> None:
    nowhere, short = Change(), Change()
    nowhere.write(Statement("nowhere", 0, "INSERT INTO nowhere (id) VALUES (?)"), (1,))
    short.write(Statement("datum", 0, "INSERT INTO datum (name, value) VALUES (?, ?)"), ("name",))
    ended = await opened.commit(datum("before"), nowhere, short, datum("after"))
    assert [type(end) for end in ended] == [type(None), StoreError, StoreError, type(None)]
    assert await opened.values("SELECT name FROM datum ORDER BY name") == ["after", "before"]


async def test_an_insert_once_takes_the_first_column_for_its_id_whatever_its_name(opened: Opened) -> None:
    sql = "INSERT INTO datum (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING"
    once = Statement("datum", 0, sql, once=("name",), columns=("name", "value"))
    changes = [Change(), Change()]
    for change, value in zip(changes, ("first", "second"), strict=True):
        change.write(once, ("key", value))
    assert await opened.commit(*changes) == [None, None]
    assert await opened.values("SELECT value FROM datum") == ["first"]


async def test_a_waiter_who_leaves_takes_nothing_back(opened: Opened) -> None:
    first = asyncio.ensure_future(opened.store.commit(datum("first")))
    leaves = asyncio.ensure_future(opened.store.commit(datum("left", event="left")))
    await asyncio.sleep(0)
    leaves.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaves
    await first
    assert sorted(await opened.values("SELECT name FROM datum")) == ["first", "left"]
    assert [event.kind for event in opened.heard] == ["left"]


async def test_a_waiter_who_left_before_it_failed_hears_nothing(opened: Opened) -> None:
    failed: list[Any] = []
    bad = datum("bad", None)
    bad.failed.append(lambda: failed.append(bad))
    leaves = asyncio.ensure_future(opened.store.commit(bad))
    await asyncio.sleep(0)
    leaves.cancel()
    await opened.store.commit(datum("good"))
    assert leaves.cancelled()
    assert failed == [bad]


async def test_closing_writes_what_waits_and_takes_nothing_more(
    opened: Opened, open_store: Callable[[], Opened]
) -> None:
    waiting = [opened.store.committer.submit(datum(f"{number}")) for number in range(MAX_GROUP + 5)]
    await opened.close()
    assert all(future.done() and future.exception() is None for future in waiting)
    with pytest.raises(StoreUnavailable, match="stopping"):
        await opened.store.commit(datum("late"))
    again = open_store()
    await again.open()
    assert await again.values("SELECT count(*) FROM datum") == [MAX_GROUP + 5]


async def test_a_second_store_on_the_same_database_is_refused_until_the_first_is_gone(
    opened: Opened, open_store: Callable[[], Opened]
) -> None:
    second = open_store()
    with pytest.raises(StoreUnavailable, match="another hub"):
        await second.open()
    await opened.store.commit(datum("still fine"))
    await opened.close()
    await second.open()
    assert await second.values("SELECT name FROM datum") == ["still fine"]
