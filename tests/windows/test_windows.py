"""Reply windows: what the customer did allows so many answers, for so long, and the ledger forgets none of it."""

from __future__ import annotations

import asyncio
import math

import pytest

from hub import Allowance, StoreUnavailable
from hub.testing import HubKit, ManualClock, use
from hub.testing.fixtures import MakeHub
from hub_windows import Closed, Windows
from tests.databases import both_databases
from tests.windows.kit import Kiosk, elsewhere, kiosk, ledger, now, told

pytestmark = both_databases


async def passed(kit: HubKit, seconds: float) -> None:
    """Time passes, and due jobs are done."""
    assert isinstance(kit.clock, ManualClock)
    await kit.clock.advance(seconds)
    await kit.hub.timers.tick()
    await kit.hub.timers.idle()


async def refused(windows: Windows, address: str = "u1", key: str = "no") -> tuple[str, int | None]:
    with pytest.raises(Closed) as closed:
        await windows.take(address, key)
    return closed.value.code, closed.value.until


async def test_nobody_is_written_to_who_did_nothing(make_hub: MakeHub) -> None:
    kit = await kiosk(make_hub)
    assert await refused(ledger(kit)) == ("window", None)
    assert await ledger(kit).left("u1") == Allowance(0, None, "")


async def test_five_answers_and_not_six(make_hub: MakeHub) -> None:
    kit = await kiosk(make_hub)
    windows, until = ledger(kit), now(kit) + 3_600_000
    await windows.opened("u1", "message", messages=5, seconds=3600)
    for number in range(1, 6):
        assert await windows.left("u1") == Allowance(6 - number, until, "message")
        assert told(await windows.take("u1", f"k{number}")) == ("message", "", number)
    assert await refused(windows) == ("quota", until)
    assert await windows.left("u1") == Allowance(0, until, "message")
    assert (await windows.left("u2")).left == 0


async def test_the_window_is_over_at_its_time(make_hub: MakeHub) -> None:
    kit = await kiosk(make_hub)
    windows, until = ledger(kit), now(kit) + 60_000
    await windows.opened("u1", "click", messages=3, seconds=60)
    await passed(kit, 59.999)
    await windows.take("u1", "k1")
    await passed(kit, 0.001)
    assert await refused(windows) == ("window", until)
    assert await windows.left("u1") == Allowance(0, until, "click")


async def test_the_newest_of_a_rule_replaces_and_does_not_add_up(make_hub: MakeHub) -> None:
    kit = await kiosk(make_hub)
    windows = ledger(kit)
    for _ in range(2):
        await windows.opened("u1", "message", messages=5, seconds=60)
    await windows.take("u1", "k1")
    await passed(kit, 30)
    await windows.opened("u1", "message", messages=5, seconds=60)
    assert await windows.left("u1") == Allowance(5, now(kit) + 60_000, "message")
    assert told(await windows.take("u1", "k2")) == ("message", "", 1)


async def test_the_window_that_ends_first_is_used_first(make_hub: MakeHub) -> None:
    kit = await kiosk(make_hub)
    windows = ledger(kit)
    await windows.opened("u1", "message", messages=1, seconds=3600)
    await windows.opened("u1", "follow", messages=2, seconds=60)
    await windows.opened("u1", "payment", messages=None, seconds=math.inf)
    # What the longest lasting one allows is true also when the short one is over.
    assert await windows.left("u1") == Allowance(None, None, "payment")
    rules = [(await windows.take("u1", f"k{number}")).rule for number in range(6)]
    assert rules == ["follow", "follow", "message", "payment", "payment", "payment"]
    await passed(kit, 10_000_000)
    assert (await windows.take("u1", "k7")).number == 4


async def test_windows_of_several_refs_live_side_by_side(make_hub: MakeHub) -> None:
    kit = await kiosk(make_hub)
    windows = ledger(kit)
    await windows.opened("g1", "message", messages=2, seconds=300, ref="m1")
    await passed(kit, 100)
    await windows.opened("g1", "message", messages=2, seconds=300, ref="m2")
    assert told(await windows.take("g1", "k1")) == ("message", "m1", 1)
    # The platform repeats itself: the counting goes on, and so does the time.
    await windows.opened("g1", "message", messages=2, seconds=300, ref="m1")
    assert told(await windows.take("g1", "k2")) == ("message", "m1", 2)
    assert told(await windows.take("g1", "k3")) == ("message", "m2", 1)
    await passed(kit, 299)
    assert told(await windows.take("g1", "k4")) == ("message", "m2", 2)
    assert (await refused(windows, "g1"))[0] == "quota"


async def test_the_platform_knows_better(make_hub: MakeHub) -> None:
    kit = await kiosk(make_hub)
    windows = ledger(kit)
    await windows.opened("u1", "message", messages=5, seconds=60)
    until = now(kit) + 60_000
    await windows.used_up("u1")
    assert await refused(windows) == ("quota", until)
    await windows.opened("u1", "message", messages=5, seconds=60)
    await passed(kit, 1)
    await windows.shut("u1")
    assert await refused(windows) == ("window", now(kit))
    await windows.opened("u1", "message", messages=None, seconds=math.inf)
    assert (await windows.take("u1", "k1")).number == 1
    await windows.used_up("u1")
    assert await windows.left("u1") == Allowance(0, None, "message")
    assert await refused(windows) == ("quota", None)


async def test_the_platform_may_mean_one_ref_only(make_hub: MakeHub) -> None:
    kit = await kiosk(make_hub)
    windows = ledger(kit)
    for ref in ("m1", "m2", "m3"):
        await windows.opened("g1", "message", messages=5, seconds=300, ref=ref)
    await windows.used_up("g1", ref="m1")
    await windows.shut("g1", ref="m2")
    assert told(await windows.take("g1", "k1")) == ("message", "m3", 1)


async def test_what_was_not_sent_is_given_back_once(make_hub: MakeHub) -> None:
    kit = await kiosk(make_hub)
    windows = ledger(kit)
    await windows.opened("u1", "message", messages=2, seconds=60)
    first, second = await windows.take("u1", "k1"), await windows.take("u1", "k2")
    await windows.give_back(first)
    await windows.give_back(first)
    # A number that was out may have reached the platform: it does not come again.
    assert told(await windows.take("u1", "k3")) == ("message", "", 3)
    assert (await refused(windows))[0] == "quota"
    await windows.opened("u1", "message", messages=1, seconds=60)
    # Of a window that was replaced since: it adds nothing to the new one.
    await windows.give_back(second)
    await windows.take("u1", "k4")
    assert (await refused(windows))[0] == "quota"


async def test_the_same_key_gets_the_same_permit_also_after_a_restart(make_hub: MakeHub) -> None:
    kit = await kiosk(make_hub)
    windows = ledger(kit)
    await windows.opened("u1", "message", messages=2, seconds=60, ref="m1")
    permits = [await windows.take("u1", key) for key in ("k1", "k2")]
    assert [await windows.take("u1", key) for key in ("k1", "k2")] == permits
    await kit.restart()
    windows = ledger(kit)
    assert [await windows.take("u1", key) for key in ("k1", "k2")] == permits
    assert (await refused(windows))[0] == "quota"
    await passed(kit, 61)
    assert await windows.take("u1", "k1") == permits[0]


async def test_as_many_as_are_allowed_however_many_ask_at_once(make_hub: MakeHub) -> None:
    kit = await kiosk(make_hub)
    windows, other = ledger(kit), elsewhere(kit)
    await windows.opened("u1", "message", messages=7, seconds=60)
    asked = [one.take("u1", f"k{number}") for number in range(12) for one in (windows, other)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    permits = {answer.key: answer for answer in answers if not isinstance(answer, BaseException)}
    assert sorted(permit.number for permit in permits.values()) == [1, 2, 3, 4, 5, 6, 7]
    assert {type(answer) for answer in answers if isinstance(answer, BaseException)} == {Closed}
    for permit in permits.values():
        assert [answers[2 * int(permit.key[1:])], answers[2 * int(permit.key[1:]) + 1]] == [permit, permit]


async def test_cancelled_in_the_middle_it_is_taken_once(make_hub: MakeHub) -> None:
    kit = await kiosk(make_hub)
    windows = ledger(kit)
    await windows.opened("u1", "message", messages=1, seconds=60)
    for turns in range(12):
        asking = asyncio.ensure_future(windows.take("u1", "k1"))
        for _ in range(turns):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    assert told(await windows.take("u1", "k1")) == ("message", "", 1)
    assert (await refused(windows, key="k2"))[0] == "quota"


async def test_instances_have_ledgers_of_their_own(make_hub: MakeHub) -> None:
    kit = await make_hub(use(Kiosk, "one"), use(Kiosk, "two"), clock=ManualClock())
    await ledger(kit, "one").opened("u1", "message", messages=1, seconds=60)
    assert (await ledger(kit, "two").left("u1")).left == 0
    await ledger(kit, "two").opened("u1", "message", messages=1, seconds=60)
    for name in ("one", "two"):
        assert (await ledger(kit, name).take("u1", "k1")).number == 1


async def test_what_is_over_is_cleaned_away_a_day_later(make_hub: MakeHub) -> None:
    kit = await kiosk(make_hub)
    windows = ledger(kit)
    await windows.opened("u1", "click", messages=3, seconds=60)
    await windows.opened("u1", "message", messages=5, seconds=48 * 3600)
    for key in ("k1", "k2", "k3", "k4"):
        await windows.take("u1", key)
    await kit.restart()
    await passed(kit, 23 * 3600)
    assert len(await kit.rows("SELECT * FROM windows_window")) == 2
    await passed(kit, 3 * 3600)
    (left,) = await kit.rows("SELECT * FROM windows_window")
    assert (left["rule"], left["used"]) == ("message", 1)
    assert [row["name"] for row in await kit.rows("SELECT name FROM windows_taken")] == ["kiosk/k4"]
    await passed(kit, 48 * 3600)
    assert await kit.rows("SELECT name FROM windows_taken") == await kit.rows("SELECT id FROM windows_window") == []


async def test_why_not_is_said_in_the_hubs_language(make_hub: MakeHub) -> None:
    for locale, said in (("zh-CN", "1 条回复已用完"), ("en", "all 1 answers the platform allows are used")):
        kit = await kiosk(make_hub, hub={"locale": locale})
        await ledger(kit).opened("u1", "message", messages=1, seconds=60)
        await ledger(kit).take("u1", "k1")
        with pytest.raises(Closed, match=said):
            await ledger(kit).take("u1", "k2")


async def test_a_full_disk_gives_no_permit(make_hub: MakeHub) -> None:
    kit = await kiosk(make_hub)
    windows = ledger(kit)
    await windows.opened("u1", "message", messages=1, seconds=60)
    async with kit.store_down():
        with pytest.raises(StoreUnavailable):
            await windows.take("u1", "k1")
        with pytest.raises(StoreUnavailable):
            await windows.opened("u2", "message", messages=1, seconds=60)
    assert (await windows.left("u2")).left == 0
    assert (await windows.take("u1", "k2")).number == 1
