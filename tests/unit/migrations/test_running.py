"""Steps run behind what they name, side by side where they may, and each once over all runs."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from graphlib import CycleError
from pathlib import Path

import pytest

from govcloud.errors import ToolkitError
from govcloud.migrations.journal import Claims, Journal, open_journal
from govcloud.migrations.running import run_steps
from govcloud.migrations.steps import Act, Done, Facts, Step
from govcloud.migrations.ties import tied_socket
from govcloud.progress import Silent


@pytest.fixture
def book(tmp_path: Path) -> Iterator[tuple[Journal, Claims]]:
    with open_journal(None, tmp_path, "finance") as (journal, claims):
        journal.pin({})
        yield journal, claims


def _told(into: list[str], name: str) -> Act:
    def act(_: Done) -> Facts:
        into.append(name)
        return {"by": name}

    return act


def _failing(_: Done) -> Facts:
    raise ToolkitError("no room", "target", "make some")


def test_steps_follow_those_they_name_and_read_their_facts(book: tuple[Journal, Claims]) -> None:
    order: list[str] = []
    read: list[Facts] = []

    def last(done: Done) -> Facts:
        read.append(done.facts("first"))
        return {}

    steps = [Step("last", last, ("first",)), Step("first", _told(order, "first"))]
    run_steps(steps, *book, Silent())
    assert (order, read) == (["first"], [{"by": "first"}])


def test_what_does_not_wait_runs_side_by_side(book: tuple[Journal, Claims]) -> None:
    meeting = threading.Barrier(2, timeout=20)

    def meet(_: Done) -> Facts:
        meeting.wait()
        return {}

    run_steps([Step("one", meet), Step("other", meet)], *book, Silent(), workers=2)


def test_what_is_done_is_not_done_again(book: tuple[Journal, Claims]) -> None:
    order: list[str] = []
    steps = [Step("a", _told(order, "a")), Step("b", _failing, ("a",)), Step("c", _told(order, "c"), ("b",))]
    with pytest.raises(ToolkitError, match="no room"):
        run_steps(steps, *book, Silent())
    steps[1] = Step("b", _told(order, "b"), ("a",))
    run_steps(steps, *book, Silent())
    assert order == ["a", "b", "c"]


@pytest.mark.parametrize(("found", "acts"), [({"rows": 2}, []), (None, ["copy"])])
def test_a_step_that_was_cut_short_is_looked_at_first(
    book: tuple[Journal, Claims], found: Facts | None, acts: list[str]
) -> None:
    done: list[str] = []
    book[0].intend("copy", {})
    run_steps([Step("copy", _told(done, "copy"), look=lambda _: found)], *book, Silent())
    assert done == acts
    assert book[0].facts("copy") == (found or {"by": "copy"})


def test_a_step_that_never_began_is_not_looked_at(book: tuple[Journal, Claims]) -> None:
    done: list[str] = []
    run_steps([Step("copy", _told(done, "copy"), look=lambda _: {"never": True})], *book, Silent())
    assert done == ["copy"]


def test_of_two_workers_one_does_a_step_and_the_other_waits_for_it(
    tmp_path: Path, book: tuple[Journal, Claims]
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    done: list[str] = []

    def slowly(_: Done) -> Facts:
        begun.set()
        assert go_on.wait(20)
        done.append("slowly")
        return {}

    def other_worker() -> None:
        with open_journal(None, tmp_path, "finance") as others:
            run_steps([Step("copy", _told(done, "twice"))], *others, Silent())

    first = threading.Thread(target=run_steps, args=([Step("copy", slowly)], *book, Silent()))
    second = threading.Thread(target=other_worker)
    first.start()
    assert begun.wait(20)
    second.start()
    second.join(1.0)
    assert second.is_alive()
    go_on.set()
    first.join(20)
    second.join(20)
    assert done == ["slowly"]


def _unplanned(_: Done) -> Facts:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        (lambda: [Step("a", _failing), Step("a", _failing)], ValueError),
        (lambda: [Step("a", _failing, ("nowhere",))], ValueError),
        (lambda: [Step("a", _failing, ("b",)), Step("b", _failing, ("a",))], CycleError),
        (lambda: [Step("a", _unplanned)], ZeroDivisionError),
    ],
)
def test_a_mistake_of_ours_is_not_told_as_the_worlds(
    book: tuple[Journal, Claims], steps: Callable[[], list[Step]], error: type[Exception]
) -> None:
    with pytest.raises(error):
        run_steps(steps(), *book, Silent())


def test_interrupted_it_waits_for_no_host(book: tuple[Journal, Claims]) -> None:
    def copy(_: Done) -> Facts:
        ours, theirs = socket.socketpair()
        with ours, theirs, tied_socket(ours):
            # As Ctrl-C does it: in the thread that waits for the steps.
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            if not ours.recv(1):
                raise ToolkitError("the connection was lost", "PostgreSQL 1")
        return {}

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_steps([Step("copy", copy)], *book, Silent())
    assert time.monotonic() - begun < 10
    assert (entry := book[0].entry("copy")) is not None and not entry.done
