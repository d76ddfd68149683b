"""Cron lines, as everybody else reads them: weekdays count from Sunday, dates are those of the hub's time zone."""

from __future__ import annotations

import pytest

from hub import ConfigError
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


async def test_a_line_that_is_none_is_refused(make_hub: MakeHub) -> None:
    kit = await working(make_hub, diary=Diary())
    for cron in ("61 * * * *", "* * * *", "", "0 0 30 2 *", "* * * * 8", "* * * * 5-3", "nonsense"):
        with pytest.raises(ConfigError):
            await kit.plugin("worker", Worker).ctx.every("work", cron=cron)
    assert await kit.rows("SELECT * FROM timer") == []
