"""Whatever fails, comes late or is killed: either all parts are released, or all is as it was before."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from govcloud.errors import ToolkitError
from govcloud.migrations.night import STAGES, Outcome, cut_over, shared
from govcloud.progress import Silent
from unit.migrations.faking import FakePart, KilledError, book

CALLS = ("close", "drain", "fence", "catch_up", "verify", "arm", "switch", "release")
ALLOWED = 60.0


def run(parts: list[FakePart], folder: Path, allowed: float = ALLOWED, later: float = 0.0) -> Outcome:
    with book(folder) as (journal, claims):
        now = lambda: datetime.now(UTC) + timedelta(seconds=later)  # noqa: E731
        return cut_over(parts, journal, claims, Silent(), allowed, now)


def once(where: str, error: BaseException) -> Callable[[str], None]:
    left = [error]

    def before(what: str) -> None:
        if what == where and left:
            raise left.pop()

    return before


def test_all_parts_pass_each_stage_together(tmp_path: Path) -> None:
    order: list[str] = []
    parts = [FakePart(name, order.append) for name in ("database", "files", "address")]
    outcome = run(parts, tmp_path)
    assert outcome.released
    assert 0 < outcome.downtime < ALLOWED
    assert all(part.moved for part in parts)
    stages = [what.split("/")[1] for what in order]
    assert [key for key, _ in itertools.groupby(stages)] == list(CALLS)


@pytest.mark.parametrize("stage", CALLS[:-1])
def test_a_fault_before_the_release_takes_everything_back(tmp_path: Path, stage: str) -> None:
    fault = once(f"files/{stage}", ToolkitError("no room", "files"))
    parts = [FakePart("database"), FakePart("files", fault)]
    outcome = run(parts, tmp_path)
    assert (outcome.released, outcome.reason) == (False, "files: no room")
    assert all(part.as_before for part in parts)
    assert run(parts, tmp_path) == Outcome(2, True, pytest.approx(0.0, abs=5.0))


def test_a_mistake_of_ours_takes_everything_back_too_and_is_told(tmp_path: Path) -> None:
    parts = [FakePart("database", once("database/verify", ZeroDivisionError()))]
    with pytest.raises(ZeroDivisionError):
        run(parts, tmp_path)
    assert parts[0].as_before


def test_a_stage_that_comes_late_takes_everything_back(tmp_path: Path) -> None:
    def slow(what: str) -> None:
        if what == "database/catch_up":
            time.sleep(1.2)

    parts = [FakePart("database", slow), FakePart("files")]
    outcome = run(parts, tmp_path, allowed=3.0)
    assert not outcome.released
    assert "catch up of database was not done within" in outcome.reason
    assert all(part.as_before for part in parts)


def test_what_took_long_at_the_rehearsal_has_more_time(tmp_path: Path) -> None:
    stages = shared({"catch up": 1.0, "arm": 9.0})
    before = {stage.name: stage.share for stage in STAGES}
    shares = {stage.name: stage.share for stage in stages}
    assert shares == {**before, "arm": pytest.approx(0.9)}
    assert shared({}) == STAGES
    with book(tmp_path) as (journal, claims):
        now = lambda: datetime.now(UTC)  # noqa: E731
        assert cut_over([FakePart("files")], journal, claims, Silent(), ALLOWED, now, stages).released


def test_a_fault_at_the_release_is_gone_on_with(tmp_path: Path) -> None:
    parts = [FakePart("database"), FakePart("files", once("files/release", ToolkitError("lost", "files")))]
    with pytest.raises(ToolkitError, match="lost"):
        run(parts, tmp_path)
    for part in parts:
        part.said.clear()
    assert run(parts, tmp_path, later=10 * ALLOWED).released
    assert all(part.moved for part in parts)
    assert (parts[0].said, parts[1].said) == ([], ["release"])


def test_an_attempt_whose_time_is_over_is_taken_back(tmp_path: Path) -> None:
    parts = [FakePart("database", once("database/verify", KilledError()))]
    with pytest.raises(KilledError):
        run(parts, tmp_path)
    outcome = run(parts, tmp_path, later=2 * ALLOWED)
    assert not outcome.released
    assert parts[0].as_before


def test_after_three_that_were_taken_back_a_new_rehearsal_is_asked_for(tmp_path: Path) -> None:
    def always(what: str) -> None:
        if what.endswith("/verify"):
            raise ToolkitError("they differ", "database")

    parts = [FakePart("database", always)]
    assert [run(parts, tmp_path).attempt for _ in range(3)] == [1, 2, 3]
    with pytest.raises(ToolkitError, match="tried 3 times"):
        run(parts, tmp_path)


def test_what_was_cut_over_is_not_cut_over_again(tmp_path: Path) -> None:
    parts = [FakePart("database")]
    assert run(parts, tmp_path).released
    with pytest.raises(ToolkitError, match="cut over already"):
        run(parts, tmp_path)


def test_two_runs_do_not_cut_it_over_at_once(tmp_path: Path) -> None:
    with book(tmp_path) as (_, claims), claims.claim("finance/cutover") as ours:
        assert ours
        with pytest.raises(ToolkitError, match="another run cuts it over"):
            run([FakePart("database")], tmp_path)


def test_taking_back_tries_everything_and_tells_what_failed(tmp_path: Path) -> None:
    class Stuck(FakePart):
        def unfence(self) -> None:
            raise ToolkitError("the source does not answer", self.name)

    parts: list[FakePart] = [
        Stuck("database", once("database/verify", ToolkitError("no"))),
        FakePart("files"),
    ]
    with pytest.raises(ToolkitError, match="the source does not answer"):
        run(parts, tmp_path)
    assert parts[0].admits
    assert parts[1].as_before


@settings(max_examples=40, deadline=None)
@given(
    kills=some.lists(some.integers(0, 24), max_size=4),
    faults=some.lists(some.integers(0, 24), max_size=2),
    late=some.lists(some.booleans(), min_size=8, max_size=8),
)
def test_killed_at_any_call_and_run_again_it_is_moved_or_as_before(
    kills: list[int], faults: list[int], late: list[bool]
) -> None:
    """Kills and faults by the number of the call over all runs; some runs come when the time is over."""
    calls = itertools.count()

    def before(what: str) -> None:
        number = next(calls)
        if number in kills:
            raise KilledError
        if number in faults and not what.endswith("/release"):
            raise ToolkitError("a fault", what)

    parts = [FakePart("database", before), FakePart("files", before)]
    with tempfile.TemporaryDirectory() as folder:
        for come_late in late:
            try:
                outcome = run(parts, Path(folder), later=2 * ALLOWED if come_late else 0.0)
            except (KilledError, ToolkitError):
                assert not any(part.source_writes and part.target_writes for part in parts)
                continue
            assert all(part.moved if outcome.released else part.as_before for part in parts)
            if outcome.released:
                return
        assert not any(part.source_writes and part.target_writes for part in parts)
