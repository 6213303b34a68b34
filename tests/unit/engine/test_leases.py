"""Who may write a stack, until when: one run at a time, and whoever vanishes needs no person."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from govcloud.engine import leases
from govcloud.engine.leases import Hold, Holder, Leases, holders, lease_name
from govcloud.engine.stores import Store, open_store
from govcloud.engine.stores.files import Files
from govcloud.errors import ToolkitError

CORE, CITY = "extranet/core", "extranet/city"
ANOTHER = "another run works on it"

# Takes the lease that it is told, says so, and holds it until it is killed.
RUN = """\
import pathlib, sys, time
from govcloud.engine.leases import Leases
from govcloud.engine.stores import open_store
with Leases(open_store(sys.argv[1], pathlib.Path()), [sys.argv[2]], "the killed run"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "LOOKS_EVERY", 0.05)


@pytest.fixture
def store(place: str) -> Store:
    return opened(place)


def opened(place: str) -> Store:
    return open_store(place, Path())


def elsewhere(**more: object) -> Holder:
    """A run on another machine."""
    holder = replace(
        Holder.this_run("their apply"), machine="runner-2", boot="another start/pid:[1]", token="t"
    )
    return replace(holder, **more)  # type: ignore[arg-type]


def left(store: Store, holder: Holder | None, lasts: float = 60.0) -> str:
    """A lease as its holder wrote it last; the record's content."""
    store.write(lease_name(CORE), Hold(holder, lasts).text)
    return Hold(holder, lasts).text.decode()


@pytest.fixture
def running(place: str) -> Iterator[subprocess.Popen[str]]:
    """A process of this machine that holds the lease on the core."""
    with subprocess.Popen(
        [sys.executable, "-c", RUN, place, CORE], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def took(store: Store, **more: object) -> float:
    """Seconds that it took to get the lease on the core."""
    begun = time.monotonic()
    with Leases(store, [CORE], "ours", **more) as held:  # type: ignore[arg-type]
        held.demand()
        assert [holder.purpose for holder in holders(store).values()] == ["ours"]
    return time.monotonic() - begun


def test_a_run_holds_what_it_has_taken_and_gives_it_back(store: Store, place: str) -> None:
    with Leases(store, [CORE, CITY], "apply") as held:
        held.demand()
        found = holders(opened(place))
        assert {subject: holder.purpose for subject, holder in found.items()} == {
            CORE: "apply",
            CITY: "apply",
        }
    assert holders(store) == {}
    assert took(store) < 5


def test_who_holds_nothing_is_refused_nothing(store: Store) -> None:
    with Leases(store, [], "plan") as held:
        held.demand()


def test_another_stack_is_nobody_s_business(store: Store) -> None:
    with Leases(store, [CORE], "one"), Leases(store, [CITY], "other") as held:
        held.demand()


def test_a_lease_that_somebody_holds_is_refused_at_once_and_says_whose_it_is(
    store: Store, place: str
) -> None:
    with (
        Leases(store, [CORE], "their apply"),
        pytest.raises(ToolkitError, match=f"{ANOTHER}: their apply, process ") as caught,
        Leases(opened(place), [CORE], "ours"),
    ):
        pass
    assert caught.value.where == f"stack {CORE}"


def test_of_several_leases_all_are_taken_or_none(store: Store) -> None:
    with Leases(store, [CORE], "their apply"):
        with pytest.raises(ToolkitError, match=ANOTHER), Leases(store, [CITY, CORE], "ours"):
            pass
        assert list(holders(store)) == [CORE]


def test_a_patient_run_goes_on_when_the_other_is_over(store: Store, place: str) -> None:
    ours, over = opened(place), threading.Event()

    def their_apply() -> None:
        with Leases(store, [CORE], "their apply"):
            began.wait(60)
            time.sleep(0.3)
            over.set()

    began = threading.Event()
    other = threading.Thread(target=their_apply)
    other.start()
    while not holders(ours):
        time.sleep(0.01)
    began.set()
    assert took(ours, patience=60.0) > 0.1
    assert over.is_set()
    other.join()


def test_patience_has_an_end(store: Store) -> None:
    with Leases(store, [CORE], "their apply"):
        begun = time.monotonic()
        with pytest.raises(ToolkitError, match=ANOTHER):
            took(store, patience=0.5)
        assert 0.4 < time.monotonic() - begun < 20


@pytest.mark.parametrize("buried", [False, True])
def test_a_killed_process_of_this_machine_is_not_waited_for(
    store: Store, running: subprocess.Popen[str], buried: bool
) -> None:
    assert [holder.process for holder in holders(store).values()] == [running.pid]
    running.kill()
    while not buried and Path(f"/proc/{running.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
    if buried:
        running.wait()
    assert holders(store) == {}
    assert took(store) < 20


def test_a_process_that_was_stopped_still_holds_what_it_has(
    store: Store, running: subprocess.Popen[str]
) -> None:
    running.send_signal(signal.SIGSTOP)
    with pytest.raises(ToolkitError, match=f"{ANOTHER}: the killed run, process {running.pid}"):
        took(store)


def test_another_process_of_the_same_number_is_not_the_holder(store: Store) -> None:
    ours = Holder.this_run("their apply")
    left(store, replace(ours, started=ours.started - 1000.0, token="t"))
    assert took(store) < 5


@pytest.mark.parametrize(("container", "alive"), [("", False), ("1", True)])
def test_of_a_process_in_another_container_nothing_is_known(
    store: Store, container: str, alive: bool
) -> None:
    ours = Holder.this_run("their apply")
    left(store, replace(ours, boot=ours.boot + container, process=2**22 + 1, token="t"))
    assert (CORE in holders(store)) is alive


def test_a_run_of_another_machine_that_vanished_is_waited_for_until_its_time_is_over(store: Store) -> None:
    left(store, elsewhere(), lasts=2.0)
    assert list(holders(store)) == [CORE]
    # The clock of S3 has seconds.
    assert 0.9 < took(store) < 20


def test_a_lease_whose_time_is_over_long_ago_is_free(store: Store) -> None:
    left(store, elsewhere(), lasts=0.0)
    assert holders(store) == {}
    assert took(store) < 5


def test_a_run_of_another_machine_that_is_seen_to_renew_is_alive(store: Store, place: str) -> None:
    other = Leases(opened(place), [CORE], "their apply", lasts=2.0)
    other._hold = Hold(elsewhere(), 2.0)
    with other, pytest.raises(ToolkitError, match=f"{ANOTHER}: their apply, .* on runner-2"):
        ending = threading.Timer(10, other._ending.set)
        ending.start()
        try:
            took(store)
        finally:
            ending.cancel()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "7",
        "{}",
        "no lease",
        '{"holder": null}',
        '{"holder": 7, "lasts": 60, "turn": 1}',
        '{"holder": {"purpose": "x"}, "lasts": 60, "turn": 1}',
        '{"holder": null, "lasts": "long", "turn": 1}',
        '{"holder": null, "lasts": null, "turn": 1}',
        '{"holder": null, "lasts": 60, "turn": "x"}',
    ],
)
def test_a_record_that_is_no_lease_is_an_error_and_never_a_free_one(tmp_path: Path, content: str) -> None:
    store = Files(tmp_path)
    store.write(lease_name(CORE), content.encode())
    for look in (lambda: took(store), lambda: holders(store)):
        with pytest.raises(ToolkitError, match="it is no lease") as caught:
            look()
        assert caught.value.where == lease_name(CORE)


def racing(place: str, runs: int, work: Callable[[], None]) -> None:
    """Each of several threads takes the lease by itself and does the work under it."""
    errors: list[ToolkitError] = []

    def run() -> None:
        try:
            store = opened(place)
            for _ in range(2):
                with Leases(store, [CORE], "racing", patience=120.0):
                    work()
        except ToolkitError as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(runs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_of_many_that_race_for_a_lease_one_holds_it_at_a_time(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "LOOKS_EVERY", 0.02)
    inside, most = [0], []

    def work() -> None:
        inside[0] += 1
        most.append(inside[0])
        time.sleep(0.005)
        inside[0] -= 1

    racing(place, 3, work)
    assert most == [1] * 6


RACE = """\
import os, pathlib, sys, time
from govcloud.engine import leases
from govcloud.engine.stores.files import Files
leases.LOOKS_EVERY = 0.05
inside = pathlib.Path(sys.argv[1]) / "inside"
for _ in range(2):
    with leases.Leases(Files(pathlib.Path(sys.argv[1]) / "state"), ["extranet/core"], "race", 120.0):
        os.close(os.open(inside, os.O_CREAT | os.O_EXCL))
        time.sleep(0.002)
        inside.unlink()
"""


def test_of_processes_that_race_for_a_lease_one_holds_it_at_a_time(tmp_path: Path) -> None:
    processes = [subprocess.Popen([sys.executable, "-c", RACE, str(tmp_path)]) for _ in range(3)]
    assert [process.wait(120) for process in processes] == [0, 0, 0]
