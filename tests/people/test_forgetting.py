"""Erasing reaches what plugins keep in tables of their own, whether they run at the time or not."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.child import ROOT
from hub import StoreUnavailable
from hub.testing import HubKit, ManualClock, use
from hub.testing.fixtures import MakeHub
from hub_cli.command_line import main
from hub_people import People
from hub_people.forgetting import FIRST_WAIT
from tests.databases import Databases, both_databases
from tests.people.kit import Customer, WeChat, people_hub, people_of
from tests.people.shop import Shop, kept
from tests.wechat.kit import Stage, staged

SHOP = use(Shop, "shop")


async def known(make_hub: MakeHub, **more: Any) -> tuple[HubKit, int]:
    """A hub whose shop knows a customer, and that customer; somebody else stays."""
    kit = await people_hub(make_hub, SHOP, **more)
    one, other = Customer(kit, "wechat", "w", name="小雨"), Customer(kit, "qq", "q", name="老王")
    await one.says("你好")
    await other.says("你好")
    assert await kept(kit) == ["小雨", "老王"]
    await kit.until(lambda: keepers(kit, "shop"), "the shop is known to keep something")
    return kit, (await one.person()).id


async def keepers(kit: HubKit, *names: str) -> bool:
    found = {row["instance"] for row in await kit.rows("SELECT instance FROM people_keeper WHERE keeps = ?", True)}
    return set(names) <= found


async def erase(kit: HubKit, person: int) -> tuple[str, ...]:
    """Who has still to erase what they keep."""
    return (await people_of(kit).erasing.erase(person, "sun", finish=True)).waiting


async def outstanding(kit: HubKit) -> list[str]:
    return [duty.instance for _, duties in await people_of(kit).erasures.outstanding() for duty in duties]


async def finished(kit: HubKit) -> bool:
    """Only 老王 is left, and nothing is written down of anybody else."""
    lists = [await kit.rows(f"SELECT * FROM people_{table}") for table in ("erasure", "duty")]
    return await kept(kit) == ["老王"] and lists == [[], []]


async def command(kit: HubKit, folder: Path, *words: str) -> None:
    """``hub people WORDS`` while the hub does not run."""
    document = folder / "hub.yaml"
    document.write_text(f"hub: {{database: '{kit.hub.settings.database}'}}\nplugins: [{{use: people}}]\n", "utf-8")
    options = ("--data", str(kit.data), "--config", str(document), "--locale", "en")
    assert await asyncio.to_thread(main, ["people", *words, *options]) == 0


@both_databases
async def test_what_is_erased_offline_is_gone_from_a_plugins_own_table_after_the_start(
    make_hub: MakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kit, person = await known(make_hub)
    await kit.stop()
    await command(kit, tmp_path, "erase", str(person), "--finish")
    assert "once they run: shop" in capsys.readouterr().out
    await command(kit, tmp_path, "erasures")
    assert f"customer {person}  shop\n" in capsys.readouterr().out
    await kit.restart()
    await kit.until(lambda: finished(kit), "the shop has forgotten")
    await kit.stop()
    await command(kit, tmp_path, "erasures")
    assert capsys.readouterr().out == "nothing is left to erase\n"


@both_databases
async def test_an_instance_that_is_stopped_forgets_when_it_runs_again(make_hub: MakeHub) -> None:
    kit, person = await known(make_hub)
    await kit.hub.registry.stop("shop")
    assert await erase(kit, person) == ("shop",)
    await kit.restart()
    await kit.until(lambda: finished(kit), "the shop has forgotten with the next start")
    person = (await kit.rows("SELECT person_id FROM identity WHERE external_id = ?", "q"))[0]["person_id"]
    await kit.hub.registry.stop("shop")
    assert await erase(kit, person) == ("shop",)
    assert await kept(kit) == ["老王"]
    await kit.hub.registry.start("shop")
    await kit.until(lambda: gone(kit), "the shop has forgotten without one")


async def gone(kit: HubKit) -> bool:
    return await kept(kit) == [] and await outstanding(kit) == []


@both_databases
async def test_one_that_left_the_configuration_forgets_when_it_is_back(make_hub: MakeHub) -> None:
    kit, person = await known(make_hub)
    everybody = kit._uses
    kit._uses = tuple(one for one in everybody if one.name != "shop")
    await kit.restart()
    assert await erase(kit, person) == ("shop",)
    await kit.restart()
    assert await outstanding(kit) == ["shop"]
    kit._uses = everybody
    await kit.restart()
    await kit.until(lambda: finished(kit), "the shop has forgotten")


async def test_what_wechat_keeps_of_a_follower_goes_when_the_channel_runs_again(tmp_path: Path) -> None:
    async with staged(tmp_path, use(People, "people")) as here:
        await here.says("你好", "o_1")
        await here.says("你好", "o_2")
        await here.settled()
        await here.kit.until(lambda: openids(here), "both are known to the channel", turning=0.25)
        assert await openids(here) == ["o_1", "o_2"]
        await here.turning(here.kit.hub.registry.stop("wechat"))
        [row] = await here.rows("SELECT person_id FROM identity WHERE external_id = ?", "o_1")
        assert await here.turning(erase(here.kit, row["person_id"])) == ("wechat",)
        assert await openids(here) == ["o_1", "o_2"]
        await here.turning(here.kit.hub.registry.start("wechat"))
        await here.kit.until(lambda: nothing_written(here.kit), "it was asked", turning=0.25)
        assert await openids(here) == ["o_2"]


async def openids(here: Stage) -> list[str]:
    return [row["name"].partition(":")[2] for row in await here.rows("SELECT name FROM wechat_customer ORDER BY name")]


async def test_one_that_raises_is_asked_again_later_and_later_until_it_has_done_it(make_hub: MakeHub) -> None:
    clock = ManualClock()
    kit, person = await known(make_hub, clock=clock)
    shop = kit.plugin("shop", Shop)
    shop.broken = True
    assert await erase(kit, person) == ("shop",)
    began = shop.asked[0]
    for number in (2, 3):
        await kit.until(lambda number=number: len(shop.asked) == number, "asked again", turning=1)
    assert [at - began for at in shop.asked] == [0, FIRST_WAIT, 3 * FIRST_WAIT]

    async def stored() -> bool:
        # What the plugin said of it names the customer.
        return await kit.rows("SELECT attempts, error FROM people_duty") == [{"attempts": 3, "error": "RuntimeError"}]

    await kit.until(stored, "it is stored how often")
    await kit.until(lambda: kit.hub.registry.status()[-1].state == "suspended", "left alone for a while", turning=30)
    asked = len(shop.asked)
    shop.broken = False
    await kit.until(lambda: finished(kit), "the shop has forgotten", turning=30)
    assert len(shop.asked) == asked + 1


async def test_one_that_raises_keeps_no_other_from_forgetting(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, use(Shop, "broken"), SHOP)
    one, other = Customer(kit, "wechat", "w", name="小雨"), Customer(kit, "qq", "q", name="老王")
    await one.says("你好")
    await other.says("你好")
    kit.plugin("broken", Shop).broken = True
    assert await erase(kit, (await one.person()).id) == ("broken",)
    assert await kept(kit) == ["老王"]
    kit.plugin("broken", Shop).broken = False
    assert await erase(kit, (await other.person()).id) == ()


async def test_an_instance_of_which_nobody_knew_is_asked_as_long_as_another_is_waited_for(make_hub: MakeHub) -> None:
    kit, person = await known(make_hub)
    await kit.hub.registry.stop("shop")
    assert await erase(kit, person) == ("shop",)
    shop, kit._uses = kit._uses[-1], (*kit._uses[:-1], use(Shop, "another"))
    await kit.restart()
    await kit.until(lambda: asked(kit, "another"), "the new one was asked")
    kit._uses = (*kit._uses[:-1], shop)
    await kit.restart()
    await kit.until(lambda: finished(kit), "the shop was asked as well")


async def asked(kit: HubKit, name: str) -> bool:
    return len(kit.plugin(name, Shop).asked) == 1 and await outstanding(kit) == ["shop"]


async def test_an_unknown_channel_they_wrote_on_is_waited_for_until_it_is_seen_to_keep_nothing(make_hub: MakeHub) -> None:
    kit = await make_hub(use(WeChat, "wechat"), service={"first_owner": "queue"})
    await Customer(kit, "wechat", "w", name="小雨").says("你好")
    channels = kit._uses
    # It left before anybody wrote down who keeps something.
    kit._uses = (use(People, "people"),)
    await kit.restart()
    person = (await kit.rows("SELECT id FROM person"))[0]["id"]
    assert await erase(kit, person) == ("wechat",)
    kit._uses = (*channels, *kit._uses)
    await kit.restart()
    await kit.until(lambda: nothing_written(kit), "it is not waited for")


async def test_after_the_days_it_is_not_waited_any_more_and_that_is_told(make_hub: MakeHub) -> None:
    clock = ManualClock()
    kit, person = await known(make_hub, clock=clock, people={"erasures": {"days": 2}})
    await kit.hub.registry.stop("shop")
    assert await erase(kit, person) == ("shop",)
    await clock.advance(2 * 24 * 3600 - 60)
    assert await outstanding(kit) == ["shop"]
    await clock.advance(120)
    await kit.until(lambda: nothing_written(kit), "it was given up")
    [line] = kit.logged("an erased person may not be forgotten")
    assert (line["level"], line["person"], line["instances"]) == ("error", person, ["shop"])
    assert kit.hub.counters["people_forgetting_given_up"] == 1


async def nothing_written(kit: HubKit) -> bool:
    return await kit.rows("SELECT id FROM people_erasure") == await kit.rows("SELECT id FROM people_duty") == []


async def test_of_one_that_will_never_run_again_that_can_be_said(
    make_hub: MakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kit, person = await known(make_hub)
    kit._uses = kit._uses[:-1]
    await kit.restart()
    assert await erase(kit, person) == ("shop",)
    await kit.stop()
    await command(kit, tmp_path, "erasures", "--gone", "shop")
    assert capsys.readouterr().out == "shop is not waited for any more\nnothing is left to erase\n"
    await kit.restart()
    await kit.until(lambda: nothing_written(kit), "let go of")
    other = (await kit.rows("SELECT person_id FROM identity WHERE external_id = ?", "q"))[0]["person_id"]
    assert await erase(kit, other) == ()


async def test_no_more_is_written_down_than_by_what_ids_they_are_found(make_hub: MakeHub) -> None:
    kit, person = await known(make_hub)
    await kit.hub.registry.stop("shop")
    await erase(kit, person)
    written = str([await kit.rows(f"SELECT * FROM people_{table}") for table in ("erasure", "duty")])
    assert '"external_id":"w"' in written
    assert [word for word in ("小雨", "你好") if word in written] == []


@both_databases
async def test_killed_between_erasing_and_forgetting(tmp_path: Path, hub_databases: Databases) -> None:
    data = tmp_path / "hub"
    database = hub_databases(data)
    path = os.pathsep.join((str(ROOT), str(ROOT / "plugins")))
    victim = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.people.shop", str(data), database),
        cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert victim.stdout is not None
    assert await victim.stdout.readline() == b"asked\n"
    victim.send_signal(signal.SIGKILL)
    await victim.wait()
    kit = HubKit(data, use(WeChat, "wechat"), use(People, "people"), SHOP, database=database)
    await started(kit)
    try:
        assert [row["name"] for row in await kit.rows("SELECT name FROM person")] == ["已删除的客户"]
        await kit.until(lambda: gone(kit), "the shop has forgotten")
        await kit.until(lambda: nothing_written(kit), "and that is known")
    finally:
        await kit.stop()


async def started(kit: HubKit) -> None:
    """A server may not have seen yet that the one before is gone; SQLite's lock goes at once."""
    async with asyncio.timeout(60):
        while True:
            try:
                await kit.start()
            except StoreUnavailable:
                kit.hub = kit._make()
            else:
                return
