"""Days and hours of service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import chinese_calendar

from hub_routing.policy import Calendar, OpeningHours

BUILT_IN: Final = ("always", "weekdays", "cn-workdays")
"""Calendars every policy has: each day, Monday to Friday, and China's working days (with 调休)."""

FAR: Final = 60
"""So many days ahead an opening is looked for."""


def is_workday(calendar: str, calendars: Mapping[str, Calendar], day: date) -> bool:
    """Is `day` a day of service?"""
    own = calendars.get(calendar)
    if own is not None:
        return day in own.workdays or (day not in own.holidays and day.isoweekday() in own.weekdays)
    if calendar == "always":
        return True
    if calendar == "cn-workdays":
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            # The government has not said yet; the next release of the calendar will know.
            return day.isoweekday() <= 5
    return day.isoweekday() <= 5


def is_open(hours: OpeningHours, calendars: Mapping[str, Calendar], at: datetime) -> bool:
    """Is it within the hours? Those over midnight belong to the day they begin on."""
    begin, end = hours.open
    now, today = at.time(), at.date()
    if begin < end:
        return begin <= now < end and is_workday(hours.calendar, calendars, today)
    if now >= begin:
        return is_workday(hours.calendar, calendars, today)
    return now < end and is_workday(hours.calendar, calendars, today - timedelta(days=1))


def opens_at(hours: OpeningHours, calendars: Mapping[str, Calendar], now: float, zone: ZoneInfo) -> datetime | None:
    """When the hours begin next, in `zone`; None where that is too far to say."""
    at = datetime.fromtimestamp(now, zone)
    for ahead in range(FAR):
        day = at.date() + timedelta(days=ahead)
        begins = datetime.combine(day, hours.open[0], zone)
        if begins > at and is_workday(hours.calendar, calendars, day):
            return begins
    return None
