"""How fast copying goes: an allowance that all workers share."""

from __future__ import annotations

from govcloud.migrations.pace import BURST, Meter, Pace
from govcloud.progress import Silent


class Time:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_no_limit_waits_for_nobody() -> None:
    time = Time()
    Pace(None, lambda: time.now, time.sleep).take(10**12)
    assert time.now == 0


def test_bytes_take_the_time_that_the_limit_says() -> None:
    time = Time()
    pace = Pace(1000, lambda: time.now, time.sleep)
    for _ in range(50):
        pace.take(200)
    assert 10 - BURST <= time.now <= 10


def test_time_that_was_not_used_is_not_saved_up() -> None:
    time = Time()
    pace = Pace(1000, lambda: time.now, time.sleep)
    time.now = 3600
    pace.take(5000)
    assert time.now >= 3600 + 5 - BURST


def test_a_meter_adds_up_and_never_passes_its_total() -> None:
    seen: list[tuple[str, int, int]] = []

    class Shown(Silent):
        def count(self, name: str, so_far: int, total: int) -> None:
            seen.append((name, so_far, total))

    meter = Meter(Shown(), "copy", 100)
    for count in (40, 40, 40):
        meter.add(count)
    assert seen == [("copy", 40, 100), ("copy", 80, 100), ("copy", 100, 100)]
