"""Jobs: durable dates that are kept once, late rather than never, with the clock in the test's hand."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hub import NotReady
from hub.testing import ManualClock, use
from hub.testing.fixtures import MakeHub
from tests.databases import both_databases
from tests.store.diary import Diary, Worker, due, look, wait, working

pytestmark = both_databases


async def test_once_is_once_and_at_its_time(make_hub: MakeHub) -> None:
    diary = Diary()
    kit = await working(make_hub, diary=diary)
    await kit.plugin("worker", Worker).ctx.schedule("work", 60, {"n": 1})
    await wait(kit, 59)
    assert diary.jobs == []
    await wait(kit, 1)
    assert diary.jobs == [{"n": 1}]
    await wait(kit, 3600)
    assert diary.jobs == [{"n": 1}]
    assert await kit.rows("SELECT * FROM timer") == []


async def test_the_same_key_replaces_and_other_keys_stand_beside_it(make_hub: MakeHub) -> None:
    diary = Diary()
    kit = await working(make_hub, diary=diary)
    ctx = kit.plugin("worker", Worker).ctx
    await ctx.schedule("work", 10, {"n": 1}, key="k")
    await ctx.schedule("work", 30, {"n": 2}, key="k")
    await ctx.schedule("work", 20, {"n": 3}, key="other")
    await wait(kit, 15)
    assert diary.jobs == []
    await wait(kit, 15)
    assert sorted(job["n"] for job in diary.jobs) == [2, 3]


async def test_a_job_may_set_its_own_next_date_while_it_runs(make_hub: MakeHub) -> None:
    diary = Diary()
    kit = await working(make_hub, diary=diary)
    ctx = kit.plugin("worker", Worker).ctx

    async def again(payload: dict[str, Any]) -> None:
        await ctx.schedule("work", 10, {"n": payload["n"] + 1}, key="k")

    diary.then = again
    await again({"n": 0})
    for _ in range(3):
        await wait(kit, 10)
    assert [job["n"] for job in diary.jobs] == [1, 2, 3]


async def test_every_so_many_seconds(make_hub: MakeHub) -> None:
    diary = Diary()
    kit = await working(make_hub, diary=diary, every=(60, ""))
    for passed, ran in ((59, 0), (1, 1), (59, 1), (1, 2)):
        await wait(kit, passed)
        assert len(diary.jobs) == ran


async def test_dates_missed_while_the_hub_was_down_are_kept_once_and_late(make_hub: MakeHub) -> None:
    diary = Diary()
    kit = await working(make_hub, diary=diary, every=(60, ""))
    await kit.plugin("worker", Worker).ctx.schedule("work", 30, {"once": True})
    await kit.stop()
    await kit.clock.advance(3600)
    await kit.restart()
    await look(kit)
    assert sorted(diary.jobs, key=len) == [{}, {"once": True}]
    await wait(kit, 59)
    assert len(diary.jobs) == 2
    await wait(kit, 1)
    assert len(diary.jobs) == 3


async def test_a_restart_keeps_the_date_unless_the_rhythm_is_another(make_hub: MakeHub, tmp_path: Path) -> None:
    diary, clock = Diary(), ManualClock()

    async def ran_with(every: tuple[float, str], seconds: float) -> list[str]:
        kit = await make_hub(use(Worker, "worker", diary=diary, every=every), clock=clock, data=tmp_path / "one")
        await wait(kit, seconds)
        dates = await due(kit)
        await kit.stop()
        return dates

    first = await ran_with((3600, ""), 600)
    assert await ran_with((3600, ""), 600) == first
    assert await ran_with((0, "30 9 * * *"), 0) == ["Wed 2023-11-15 09:30"]
    assert diary.jobs == []


async def test_a_failing_job_is_tried_again_ever_later_and_then_once(make_hub: MakeHub) -> None:
    diary = Diary()
    diary.troubles.extend([NotReady("not now"), ValueError("a fault"), NotReady("not now")])
    kit = await working(make_hub, diary=diary)
    await kit.plugin("worker", Worker).ctx.schedule("work", 0, {"n": 1})
    await look(kit)
    (row,) = await kit.rows("SELECT attempts, error FROM timer")
    assert row == {"attempts": 1, "error": "not now"}
    for attempt, seconds in enumerate((2, 4, 8), 1):
        await wait(kit, seconds - 1)
        assert len(diary.jobs) == attempt
        await wait(kit, 1)
        assert len(diary.jobs) == attempt + 1
    assert await kit.rows("SELECT * FROM timer") == []


async def test_a_failing_rhythm_goes_on_afterwards(make_hub: MakeHub) -> None:
    diary = Diary()
    diary.troubles.append(NotReady("not now"))
    kit = await working(make_hub, diary=diary, every=(60, ""))
    await wait(kit, 60)
    await wait(kit, 2)
    assert len(diary.jobs) == 2
    assert await kit.rows("SELECT attempts, error FROM timer") == [{"attempts": 0, "error": ""}]
    await wait(kit, 60)
    assert len(diary.jobs) == 3


async def test_jobs_wait_for_their_owner_and_stand_in_nobodys_way(make_hub: MakeHub) -> None:
    gone, there = Diary(), Diary()
    uses = (use(Worker, "gone", diary=gone), use(Worker, "there", diary=there))
    kit = await make_hub(*uses, clock=ManualClock())
    ctx = kit.plugin("gone", Worker).ctx
    await asyncio.gather(*(ctx.schedule("work", 1, {"n": number}) for number in range(300)))
    await kit.plugin("there", Worker).ctx.schedule("work", 2, {"n": -1})
    await kit.hub.registry.stop("gone")
    await wait(kit, 10)
    assert (gone.jobs, there.jobs) == ([], [{"n": -1}])
    await kit.hub.registry.start("gone")
    await kit.hub.registry.until("gone", "running")
    await look(kit)
    await look(kit)
    assert sorted(job["n"] for job in gone.jobs) == list(range(300))


async def test_a_job_under_way_at_the_end_runs_again(make_hub: MakeHub) -> None:
    diary, begun = Diary(), asyncio.Event()

    async def never(_: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    diary.then = never
    kit = await working(make_hub, diary=diary)
    await kit.plugin("worker", Worker).ctx.schedule("work", 0, {"n": 1})
    await kit.hub.timers.tick()
    await begun.wait()
    await kit.stop()
    diary.then = None
    await kit.restart()
    await look(kit)
    assert diary.jobs == [{"n": 1}, {"n": 1}]
    assert await kit.rows("SELECT * FROM timer") == []


async def test_a_job_that_ends_while_the_hub_looks_does_not_run_again(
    make_hub: MakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    diary, goes_on, read, looked_at = Diary(), asyncio.Event(), asyncio.Event(), asyncio.Event()
    diary.then = lambda _: goes_on.wait()  # type: ignore[assignment,return-value]
    kit = await working(make_hub, diary=diary)
    await kit.plugin("worker", Worker).ctx.schedule("work", 0, {"n": 1})
    await kit.hub.timers.tick()
    everything = kit.hub.store.reader.all

    async def slowly(sql: str, *values: Any) -> Any:
        rows = await everything(sql, *values)
        if "FROM timer" in sql:
            read.set()
            await looked_at.wait()
        return rows

    monkeypatch.setattr(kit.hub.store.reader, "all", slowly)
    looking = asyncio.ensure_future(kit.hub.timers.tick())
    await read.wait()
    goes_on.set()
    await kit.hub.timers.idle()
    looked_at.set()
    await looking
    await kit.hub.timers.idle()
    assert diary.jobs == [{"n": 1}]


async def test_a_job_whose_end_cannot_be_noted_runs_again(make_hub: MakeHub) -> None:
    diary = Diary()
    kit = await working(make_hub, diary=diary)
    await kit.plugin("worker", Worker).ctx.schedule("work", 0, {"n": 1})
    async with kit.store_down():
        await look(kit)
    await look(kit)
    assert diary.jobs == [{"n": 1}, {"n": 1}]
    assert kit.logged("a job ran and could not be noted; it will run again")
