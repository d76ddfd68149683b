"""Cron lines, as everybody else reads them: weekdays count from Sunday, dates are those of the hub's time zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from hub import ConfigError
from hub.testing import ManualClock
from hub.testing.fixtures import MakeHub
from tests.store.diary import Diary, Worker, due, wait, working


@pytest.mark.parametrize(
    ("cron", "zone", "dates"),
    [
        # It is Wednesday, 06:13 in Shanghai, and still Tuesday in London.
        ("30 9 * * *", "Asia/Shanghai", ["Wed 2023-11-15 09:30", "Thu 2023-11-16 09:30"]),
        ("30 23 * * *", "Europe/London", ["Tue 2023-11-14 23:30", "Wed 2023-11-15 23:30"]),
        ("0 8 * * 1-5", "Asia/Shanghai", ["Wed 2023-11-15 08:00", "Thu 2023-11-16 08:00", "Fri 2023-11-17 08:00",
                                          "Mon 2023-11-20 08:00"]),
        ("0 8 * * 0", "Asia/Shanghai", ["Sun 2023-11-19 08:00", "Sun 2023-11-26 08:00"]),
        ("0 8 * * 6-7", "Asia/Shanghai", ["Sat 2023-11-18 08:00", "Sun 2023-11-19 08:00", "Sat 2023-11-25 08:00"]),
        ("0 8 * * */2", "Asia/Shanghai", ["Thu 2023-11-16 08:00", "Sat 2023-11-18 08:00", "Sun 2023-11-19 08:00"]),
        ("0 8 1 * *", "Asia/Shanghai", ["Fri 2023-12-01 08:00", "Mon 2024-01-01 08:00"]),
    ],
)
async def test_cron_lines_are_read_in_the_time_zone_of_the_hub(
    make_hub: MakeHub, cron: str, zone: str, dates: list[str]
) -> None:
    diary = Diary()
    kit = await working(make_hub, diary=diary, every=(0, cron), hub={"timezone": zone})
    for number, date in enumerate(dates):
        assert await due(kit, zone) == [date]
        (row,) = await kit.rows("SELECT due_at FROM timer")
        await wait(kit, row["due_at"] / 1000 - kit.clock.now() - 1)
        assert len(diary.jobs) == number
        await wait(kit, 1)
        assert len(diary.jobs) == number + 1


def at(date: str) -> ManualClock:
    """A clock that shows this date, which is UTC's."""
    return ManualClock(datetime.fromisoformat(f"{date}Z").timestamp())


async def dates_of(make_hub: MakeHub, start: str, cron: str, zone: str, number: int) -> list[str]:
    """When a job with this line runs from `start` (UTC) on, as the clocks of `zone` show it, with the distance from UTC."""
    clock = at(start)
    kit = await working(make_hub, diary=Diary(), every=(0, cron), hub={"timezone": zone}, clock=clock)
    dates = []
    for _ in range(number):
        (row,) = await kit.rows("SELECT due_at FROM timer")
        date = datetime.fromtimestamp(row["due_at"] / 1000, ZoneInfo(zone))
        dates.append(f"{date:%d. %H:%M %z}")
        await wait(kit, row["due_at"] / 1000 - clock.now())
    return dates


@pytest.mark.parametrize(
    ("start", "cron", "zone", "dates"),
    [
        # The hour from 2 to 3 comes twice, and what is to run in it comes once.
        ("2024-10-26 12:00", "30 2 * * *", "Europe/Berlin", ["27. 02:30 +0200", "28. 02:30 +0100"]),
        ("2024-10-27 00:40", "30 2 * * *", "Europe/Berlin", ["28. 02:30 +0100"]),
        ("2024-10-27 01:10", "30 2 * * *", "Europe/Berlin", ["28. 02:30 +0100"]),
        ("2024-10-26 22:30", "15 */2 * * *", "Europe/Berlin", ["27. 02:15 +0200", "27. 04:15 +0100"]),
        ("2024-11-02 12:00", "0 0 * * *", "America/Havana", ["03. 00:00 -0400", "04. 00:00 -0500"]),
        # It does not come at all: what is to run in it comes an hour later, also where that hour is the day's first.
        ("2024-03-30 12:00", "30 2 * * *", "Europe/Berlin", ["31. 03:30 +0200", "01. 02:30 +0200"]),
        ("2024-03-30 12:00", "30 2,3 * * *", "Europe/Berlin", ["31. 03:30 +0200", "01. 02:30 +0200"]),
        ("2024-03-09 12:00", "0 0 * * *", "America/Havana", ["10. 01:00 -0400", "11. 00:00 -0400"]),
        # Every hour is every hour.
        ("2024-10-26 23:40", "30 * * * *", "Europe/Berlin", ["27. 02:30 +0200", "27. 02:30 +0100", "27. 03:30 +0100"]),
        ("2024-03-31 00:20", "30 * * * *", "Europe/Berlin", ["31. 01:30 +0100", "31. 03:30 +0200", "31. 04:30 +0200"]),
    ],
)
async def test_each_date_runs_once_also_when_the_clocks_are_changed(
    make_hub: MakeHub, start: str, cron: str, zone: str, dates: list[str]
) -> None:
    assert await dates_of(make_hub, start, cron, zone, len(dates)) == dates


async def test_a_date_less_than_a_second_away_is_not_passed_over(make_hub: MakeHub) -> None:
    assert await dates_of(make_hub, "2024-06-01 09:29:59.400", "30 9 * * *", "UTC", 2) == ["01. 09:30 +0000", "02. 09:30 +0000"]


async def test_a_line_that_is_none_is_refused(make_hub: MakeHub) -> None:
    kit = await working(make_hub, diary=Diary())
    for cron in ("61 * * * *", "* * * *", "", "0 0 30 2 *", "* * * * 8", "* * * * 5-3", "nonsense"):
        with pytest.raises(ConfigError):
            await kit.plugin("worker", Worker).ctx.every("work", cron=cron)
    assert await kit.rows("SELECT * FROM timer") == []
