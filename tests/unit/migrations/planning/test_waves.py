"""Which systems move together, and on which night."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.migrations.planning.nights import Closed, nights
from govcloud.migrations.planning.prediction import Duration
from govcloud.migrations.planning.waves import Candidate, Wave, plan_waves
from govcloud.topology.moving import Move, Window

ZONE = ZoneInfo("Asia/Shanghai")
FRIDAY = date(2026, 11, 27)
WEEKEND = {"days": ["saturday", "sunday"], "from": "22:00", "to": "05:00"}


def move(name: str, **more: object) -> Move:
    text = {
        "id": name,
        "name_zh": "系统",
        "system": name,
        "databases": [{"engine": "postgresql", "name": "data"}],
        "window": WEEKEND,
        "downtime": "60 s",
        "reviewed": "2012-001",
        **more,
    }
    return Move.model_validate(text)


def one(
    name: str, *needs: str, downtime: float = 10.0, closed: tuple[Closed, ...] = (), **more: object
) -> Candidate:
    return Candidate(move(name, **more), frozenset(needs), Duration(60.0, downtime, ("said",)), closed)


def named(*candidates: Candidate) -> dict[str, Candidate]:
    return {candidate.move.id: candidate for candidate in candidates}


def shown(waves: tuple[Wave, ...]) -> list[tuple[str, list[str]]]:
    return [(f"{w.night.begins:%m-%d %H:%M}", [m.move for m in w.moves]) for w in waves]


def test_a_system_moves_behind_those_it_depends_on_and_only_as_many_at_once() -> None:
    found = plan_waves(named(one("a", "b"), one("b"), one("c", "b")), FRIDAY, 1, ZONE)
    assert shown(found) == [("11-28 22:00", ["b"]), ("11-29 22:00", ["a"]), ("12-05 22:00", ["c"])]


def test_in_one_night_the_needed_come_first() -> None:
    found = plan_waves(named(one("a", "b"), one("b")), FRIDAY, 2, ZONE)
    assert shown(found) == [("11-28 22:00", ["b", "a"])]


def test_a_circle_moves_in_one_night() -> None:
    found = plan_waves(named(one("a", "b"), one("b", "a"), one("c", "a")), FRIDAY, 2, ZONE)
    assert shown(found) == [("11-28 22:00", ["a", "b"]), ("11-29 22:00", ["c"])]


def test_what_is_not_planned_here_is_there_already() -> None:
    assert len(plan_waves(named(one("a", "elsewhere")), FRIDAY, 1, ZONE)) == 1


def test_closed_days_are_left_out_also_by_a_night_that_ends_on_one() -> None:
    closed = (Closed(date(2026, 11, 29), date(2026, 12, 5), "closing of accounts"),)
    found = plan_waves(named(one("a", closed=closed)), FRIDAY, 1, ZONE)
    assert shown(found) == [("12-06 22:00", ["a"])]


def test_not_before_a_day() -> None:
    found = plan_waves(named(one("a", not_before="2026-12-10")), FRIDAY, 1, ZONE)
    assert shown(found) == [("12-12 22:00", ["a"])]


def test_every_fault_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Move, "where", lambda self, *path: "moves")
    never = Candidate(move("never"), frozenset(), Duration(float("inf"), 1.0, ()))
    late = one("late", downtime=90.0)
    circle = (one("x", "y"), one("y", "x"))
    with pytest.raises(ToolkitErrors) as caught:
        plan_waves(named(never, late, *circle), FRIDAY, 1, ZONE)
    told = "\n".join(sorted(error.what for error in caught.value.parts()))
    assert "2 systems talk to each other in a circle: x → y → x" in told
    assert "it never catches up" in told
    assert "its downtime is predicted to be 90.0 s, and it may be 60 s" in told


def test_windows_that_never_meet_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Move, "where", lambda self, *path: "moves")
    weekday = {"days": "monday", "from": "22:00", "to": "05:00"}
    with pytest.raises(ToolkitError, match="no night suits a, b"):
        plan_waves(named(one("a", "b"), one("b", "a", window=weekday)), FRIDAY, 2, ZONE)


@given(
    some.dictionaries(
        some.sampled_from("abcdefgh"), some.frozensets(some.sampled_from("abcdefgh"), max_size=3), max_size=8
    )
)
def test_whoever_talks_to_whom_nobody_moves_before_what_it_needs(graph: Mapping[str, frozenset[str]]) -> None:
    found = plan_waves(named(*(one(name, *needs) for name, needs in graph.items())), FRIDAY, 8, ZONE)
    night_of = {m.move: (w.night.begins, i) for w in found for i, m in enumerate(w.moves)}
    assert night_of.keys() == graph.keys()
    for name, needs in graph.items():
        for need in needs & graph.keys():
            assert night_of[need][0] <= night_of[name][0]


@given(some.integers(0, 1439), some.integers(0, 1439))
def test_a_night_lasts_as_long_as_its_window(begins: int, ends: int) -> None:
    window = Window.model_validate({"days": "saturday", "from": _clock(begins), "to": _clock(ends)})
    night = next(nights(window, FRIDAY, (), ZONE))
    assert night.seconds == window.seconds


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
