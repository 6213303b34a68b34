"""A move as a whole: copied by its journal, taken home behind one barrier, its standing read from the journal."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from govcloud.errors import ToolkitError
from govcloud.migrations.moves import begin, bring_home, draw_near, home, standing_of
from govcloud.migrations.moves.standing import Stand
from govcloud.migrations.night import cut_over
from govcloud.migrations.ties import tied_socket
from govcloud.progress import Silent
from unit.migrations.faking import FakeMover, KilledError, book

ALLOWED, WITHIN = 60.0, 3 * 86400.0
HOME = ("bring_back", "switch_back", "unfence", "admit", "reopen")


def now() -> datetime:
    return datetime.now(UTC)


def copied(movers: list[FakeMover], folder: Path) -> None:
    with book(folder) as (journal, claims):
        begin(movers, {}, journal, claims, Silent())


def released(movers: list[FakeMover], folder: Path) -> None:
    copied(movers, folder)
    with book(folder) as (journal, claims):
        assert cut_over(movers, journal, claims, Silent(), ALLOWED, now).released


def taken_home(movers: list[FakeMover], folder: Path, later: float = 0.0) -> float:
    with book(folder) as (journal, claims):
        moment = lambda: now() + timedelta(seconds=later)  # noqa: E731
        return bring_home(movers, journal, claims, Silent(), WITHIN, moment)


def stand(folder: Path) -> Stand:
    with book(folder) as (journal, _):
        return standing_of(journal).stand


def pair(before: Callable[[str], None] = lambda _: None) -> list[FakeMover]:
    return [FakeMover("database", before), FakeMover("files", before)]


def test_every_part_is_copied_once_and_reads_its_own_facts(tmp_path: Path) -> None:
    movers = pair()
    copied(movers, tmp_path)
    copied(movers, tmp_path)
    assert [mover.said for mover in movers] == [["copy", "follow"]] * 2


def test_nothing_is_brought_over_beside_another_run_that_cuts_over(tmp_path: Path) -> None:
    movers = pair()
    with book(tmp_path) as (_, claims):
        with claims.claim("finance/cutover") as ours, pytest.raises(ToolkitError, match="another run"):
            assert ours
            draw_near(movers, "finance", claims)
        assert [mover.said for mover in movers] == [[], []]
        draw_near(movers, "finance", claims)
    assert [mover.said for mover in movers] == [["approach"]] * 2


def test_a_move_is_not_gone_on_with_as_another(tmp_path: Path) -> None:
    copied(pair(), tmp_path)
    with book(tmp_path) as (journal, claims), pytest.raises(ToolkitError, match="begun otherwise"):
        begin(pair(), {"target": "elsewhere"}, journal, claims, Silent())


def test_its_standing_follows_what_is_done(tmp_path: Path) -> None:
    movers = pair()
    seen = []
    for act in (copied, released, taken_home):
        act(movers, tmp_path)
        seen.append(stand(tmp_path))
    assert seen == [Stand.COPYING, Stand.RELEASED, Stand.HOME]


def test_a_cutover_that_was_taken_back_leaves_it_copying(tmp_path: Path) -> None:
    def full(what: str) -> None:
        if what == "files/catch_up":
            raise ToolkitError("no room", "files")

    movers = pair(full)
    copied(movers, tmp_path)
    with book(tmp_path) as (journal, claims):
        assert not cut_over(movers, journal, claims, Silent(), ALLOWED, now).released
    assert stand(tmp_path) is Stand.COPYING


def test_everything_comes_home_before_anybody_is_let_in(tmp_path: Path) -> None:
    order: list[str] = []
    movers = pair()
    released(movers, tmp_path)
    for mover in movers:
        mover.before = order.append
    taken_home(movers, tmp_path)
    stages = [what.split("/")[1] for what in order]
    assert list(dict.fromkeys(stages)) == list(HOME)
    assert stages == [stage for stage in HOME for _ in movers]
    assert all(mover.source_writes and mover.admits and not mover.switched for mover in movers)


@pytest.mark.parametrize("stage", HOME)
def test_killed_on_the_way_home_it_goes_on(tmp_path: Path, stage: str) -> None:
    movers = pair()
    released(movers, tmp_path)
    left = [f"files/{stage}"]

    def once(what: str) -> None:
        if what in left:
            left.remove(what)
            raise KilledError

    for mover in movers:
        mover.before = once
    with pytest.raises(KilledError):
        taken_home(movers, tmp_path)
    assert stand(tmp_path) is Stand.COMING_HOME
    taken_home(movers, tmp_path, later=2 * WITHIN)
    assert stand(tmp_path) is Stand.HOME
    assert all(mover.source_writes and mover.admits for mover in movers)


def test_what_was_not_released_is_not_taken_back(tmp_path: Path) -> None:
    copied(pair(), tmp_path)
    with pytest.raises(ToolkitError, match="it is copying"):
        taken_home(pair(), tmp_path)


def test_after_its_time_it_is_not_taken_back(tmp_path: Path) -> None:
    movers = pair()
    released(movers, tmp_path)
    with pytest.raises(ToolkitError, match="can be taken back for 3 days"):
        taken_home(movers, tmp_path, later=WITHIN + 60)
    assert stand(tmp_path) is Stand.RELEASED


def test_a_part_that_does_not_come_home_keeps_people_out(tmp_path: Path) -> None:
    movers = pair()
    released(movers, tmp_path)

    def cut(what: str) -> None:
        if what == "database/bring_back":
            raise ToolkitError("the connection was lost", "database")

    movers[0].before = cut
    with pytest.raises(ToolkitError):
        taken_home(movers, tmp_path)
    assert not any(mover.source_writes for mover in movers)


def test_a_host_that_answers_nothing_on_the_way_home_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    movers = pair()
    released(movers, tmp_path)
    frozen = ["database/unfence"]

    def wait(what: str) -> None:
        if what not in frozen:
            return
        ours, theirs = socket.socketpair()
        with ours, theirs, tied_socket(ours):
            if not ours.recv(1):
                raise ToolkitError("the connection was lost", "PostgreSQL 1")

    movers[0].before = wait
    soon = tuple((what, act, 0.2 if seconds else None) for what, act, seconds in home._HOMEWARD)
    monkeypatch.setattr(home, "_HOMEWARD", soon)
    with pytest.raises(ToolkitError, match="unfence of database waited for an answer that did not come"):
        taken_home(movers, tmp_path)
    assert not any(mover.admits for mover in movers)
    frozen.clear()
    taken_home(movers, tmp_path)
    assert all(mover.source_writes and mover.admits for mover in movers)
