"""A lease that is lost ends the run: nothing more is begun, and whoever must know is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from govcloud.engine import leases
from govcloud.engine.leases import Hold, Leases, holders, lease_name
from govcloud.engine.stores import Record, Store, StoreError, open_store
from govcloud.engine.stores.files import Files
from govcloud.errors import ToolkitError

CORE, CITY = "extranet/core", "extranet/city"
PATIENCE = 30.0
"""Seconds after which a test gives up, whatever else the machine does."""


@pytest.fixture(autouse=True)
def _renewed_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "RENEWED_EVERY", 0.1)
    monkeypatch.setattr(leases, "LOOKS_EVERY", 0.05)


@pytest.fixture
def store(place: str) -> Store:
    return open_store(place, Path())


class Failing(Files):
    """A directory that fails, or answers nothing, for as long as it is told to."""

    fails = False
    unheard = 0
    broken = 0

    def exchange(self, name: str, content: bytes, version: str) -> str | None:
        if self.fails:
            raise StoreError("the store is away", self.url, "wait")
        answer = super().exchange(name, content, version)
        if self.unheard:
            self.unheard -= 1
            return None
        if self.broken:
            self.broken -= 1
            raise StoreError("the connection broke behind the write", self.url, "wait")
        return answer


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def why(held: Leases) -> str:
    with pytest.raises(ToolkitError, match="the lease is lost") as caught:
        held.demand()
    return caught.value.what


def holding(store: Store, lost: threading.Event, lasts: float, *subjects: str) -> Leases:
    return Leases(store, subjects or (CORE,), "apply", lost=lost.set, lasts=lasts)


def test_a_lease_is_renewed_for_longer_than_it_lasts(tmp_path: Path) -> None:
    lost, store = threading.Event(), Files(tmp_path)
    with holding(store, lost, 2.0, CORE, CITY) as held:
        assert not lost.wait(2.3)
        held.demand()
        assert sorted(holders(store)) == [CITY, CORE]


def test_each_renewal_is_another_version(store: Store) -> None:
    """Else a run elsewhere could not see that this one lives."""
    with holding(store, threading.Event(), 60.0):
        first = store.record(lease_name(CORE))
        assert first is not None
        until(lambda: (now := store.record(lease_name(CORE))) is not None and now.version != first.version)


def test_a_record_that_another_has_exchanged_is_lost(store: Store) -> None:
    lost = threading.Event()
    with holding(store, lost, 60.0) as held:
        store.write(lease_name(CORE), Hold(None, 2.0).text)
        assert lost.wait(PATIENCE)
        assert why(held) == f"the lease is lost: another run has taken {CORE}"


def test_a_record_that_has_gone_is_lost(store: Store) -> None:
    lost = threading.Event()
    with holding(store, lost, 60.0) as held:
        store.delete(lease_name(CORE))
        assert lost.wait(PATIENCE)
        why(held)
    assert store.read(lease_name(CORE)) is None


def test_one_lost_lease_of_several_ends_the_run_and_the_others_are_given_back(store: Store) -> None:
    lost = threading.Event()
    taken = Hold(None, 2.0).text
    with holding(store, lost, 60.0, CORE, CITY) as held:
        store.write(lease_name(CORE), taken)
        assert lost.wait(PATIENCE)
        assert why(held).endswith(CORE)
    assert store.read(lease_name(CORE)) == taken
    assert holders(store) == {}


def test_a_store_that_stays_away_takes_the_lease_with_it(tmp_path: Path) -> None:
    store, lost = Failing(tmp_path), threading.Event()
    with holding(store, lost, 1.0) as held:
        store.fails = True
        assert lost.wait(PATIENCE)
        assert "the store is away" in why(held)


def test_nothing_is_begun_when_the_last_renewal_is_too_long_ago(tmp_path: Path) -> None:
    store, lost = Failing(tmp_path), threading.Event()
    with holding(store, lost, 1.0) as held:
        store.fails = True
        time.sleep(1.0)
        why(held)


def test_a_store_that_comes_back_in_time_has_cost_nothing(tmp_path: Path) -> None:
    store, lost = Failing(tmp_path), threading.Event()
    with holding(store, lost, 60.0) as held:
        store.fails = True
        assert not lost.wait(0.5)
        held.demand()
        before = store.record(lease_name(CORE))
        assert before is not None
        store.fails = False
        until(lambda: (now := store.record(lease_name(CORE))) is not None and now.version != before.version)
        held.demand()


@pytest.mark.parametrize("how", ["unheard", "broken"])
def test_a_renewal_whose_answer_was_lost_is_still_ours(tmp_path: Path, how: str) -> None:
    store, lost = Failing(tmp_path), threading.Event()
    with holding(store, lost, 60.0) as held:
        setattr(store, how, 2)
        until(lambda: getattr(store, how) == 0)
        assert not lost.wait(0.4)
        held.demand()


def test_a_store_that_fails_while_a_lost_answer_is_looked_for_ends_the_run(tmp_path: Path) -> None:
    class Worse(Failing):
        def record(self, name: str) -> Record | None:
            if threading.current_thread().name == "leases":
                raise StoreError("the store is away", self.url, "wait")
            return super().record(name)

        def exchange(self, name: str, content: bytes, version: str) -> str | None:
            return (
                None
                if threading.current_thread().name == "leases"
                else super().exchange(name, content, version)
            )

    store, lost = Worse(tmp_path), threading.Event()
    with holding(store, lost, 1.0) as held:
        assert lost.wait(PATIENCE)
        assert "the store is away" in why(held)


def test_a_run_that_stood_still_for_longer_than_its_lease_has_lost_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, clock = threading.Event(), leases.now
    with holding(Files(tmp_path), lost, 60.0) as held:
        monkeypatch.setattr(leases, "now", lambda: clock() + 1000.0)
        assert "it could not be renewed in time" in why(held)
        assert lost.wait(PATIENCE)
        assert "this run stood still for longer than it lasts" in why(held)


def test_what_failed_under_a_lease_is_told_and_not_that_it_could_not_be_given_back(tmp_path: Path) -> None:
    store = Failing(tmp_path)
    with pytest.raises(ToolkitError, match="the work failed"), Leases(store, [CORE], "apply"):
        store.fails = True
        raise ToolkitError("the work failed")


def test_work_that_is_done_is_done_although_the_lease_cannot_be_given_back(tmp_path: Path) -> None:
    store = Failing(tmp_path)
    with Leases(store, [CORE], "apply"):
        store.fails = True
    assert list(holders(store)) == [CORE]


def test_nobody_is_told_of_a_lease_that_was_given_back(store: Store) -> None:
    lost = threading.Event()
    with holding(store, lost, 60.0):
        pass
    store.write(lease_name(CORE), b"another's")
    assert not lost.wait(0.5)


def test_what_is_held_already_does_not_end_while_another_is_waited_for(tmp_path: Path) -> None:
    store, over = Files(tmp_path), threading.Event()

    def their_apply() -> None:
        with Leases(store, [CORE], "their apply"):
            over.wait(PATIENCE)

    other = threading.Thread(target=their_apply)
    other.start()
    until(lambda: holders(store))
    ending = threading.Timer(1.5, over.set)
    ending.start()
    with Leases(store, [CITY, CORE], "ours", patience=PATIENCE, lasts=1.0) as held:
        assert over.is_set()
        held.demand()
        assert {holder.purpose for holder in holders(store).values()} == {"ours"}
    other.join()
