"""The nights on which a system may be cut over: its own windows, less the days on which nothing is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from govcloud.topology.moving import Window

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LOOKS_AHEAD = 400
"""Days."""


@dataclass(frozen=True)
class Closed:
    """Days, both included, on which a system is not cut over, and why."""

    first: date
    last: date
    because: str


@dataclass(frozen=True, order=True)
class Night:
    """A window that has a date."""

    begins: datetime
    ends: datetime

    @property
    def seconds(self) -> float:
        """How long it lasts; a change of the clocks is in it."""
        return self.ends.timestamp() - self.begins.timestamp()


def nights(window: Window, first: date, closed: Iterable[Closed], zone: ZoneInfo) -> Iterator[Night]:
    """The nights from a day on, none of which touches a closed day."""
    shut = tuple(closed)
    for offset in range(LOOKS_AHEAD):
        day = first + timedelta(days=offset)
        if WEEKDAYS[day.weekday()] not in window.days:
            continue
        night = _dated(window, day, zone)
        if not any(one.first <= night.ends.date() and day <= one.last for one in shut):
            yield night


def _dated(window: Window, day: date, zone: ZoneInfo) -> Night:
    begins = datetime.combine(day, _time(window.begins), zone)
    last = day if window.ends > window.begins else day + timedelta(days=1)
    return Night(begins, datetime.combine(last, _time(window.ends), zone))


def _time(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)
