"""A create that was sent and not answered is remembered by the next run."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest

from govcloud.provider.intents import Intents, Sent

MARKER = "city/extranet/core/{}#0123456789"
A, B = MARKER.format("a"), MARKER.format("b")


class Log:
    """A log in memory that counts its writes."""

    def __init__(self) -> None:
        self.kept: dict[str, Sent] = {}
        self.writes = 0
        self.gate = threading.Event()
        self.gate.set()

    def load(self) -> dict[str, Sent]:
        return dict(self.kept)

    def save(self, opened: Mapping[str, Sent]) -> None:
        assert self.gate.wait(10)
        self.writes += 1
        self.kept = dict(opened)


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.sent = Sent(1000.0, "boot-1")

    def __call__(self) -> Sent:
        return self.sent


def test_an_unanswered_create_outlives_the_run() -> None:
    log, clock = Log(), Clock()
    first = Intents(lambda _: log, clock)
    first.send(A)
    first.send(B)
    first.answer(B)
    first.close()
    clock.sent = Sent(1020.0, "boot-1")
    again = Intents(lambda _: log, clock)
    assert again.unanswered(A) == 40.0
    assert again.unanswered(B) is None


def test_a_killed_run_may_have_forgotten_an_answer_but_no_create() -> None:
    log, clock = Log(), Clock()
    first = Intents(lambda _: log, clock)
    first.send(A)
    first.answer(A)
    assert Intents(lambda _: log, clock).unanswered(A) is not None


@pytest.mark.parametrize(("later", "remaining"), [(500.0, 0.0), (-500.0, 60.0)])
def test_the_wait_is_bounded_whatever_the_clock_says(later: float, remaining: float) -> None:
    log, clock = Log(), Clock()
    Intents(lambda _: log, clock).send(A)
    clock.sent = Sent(1000.0 + later, "boot-1")
    assert Intents(lambda _: log, clock).unanswered(A) == remaining


def test_another_machine_s_clock_says_nothing() -> None:
    log, clock = Log(), Clock()
    Intents(lambda _: log, clock).send(A)
    clock.sent = Sent(5.0, "boot-2")
    assert Intents(lambda _: log, clock).unanswered(A) == 60.0


def test_stacks_are_kept_apart() -> None:
    logs: dict[str, Log] = {}
    intents = Intents(lambda stack: logs.setdefault(stack, Log()), Clock())
    intents.send(A)
    intents.send("city/extranet/city/a#0123456789")
    assert set(logs) == {"extranet/core", "extranet/city"}
    assert set(logs["extranet/core"].kept) == {A}


def test_every_create_is_kept_before_it_is_sent_and_those_at_once_share_a_write() -> None:
    log = Log()
    log.gate.clear()
    intents = Intents(lambda _: log, Clock())
    markers = [MARKER.format(f"n{number}") for number in range(20)]
    threads = [threading.Thread(target=intents.send, args=(marker,)) for marker in markers]
    for thread in threads:
        thread.start()
    log.gate.set()
    for thread in threads:
        thread.join(10)
    assert set(log.kept) == set(markers)
    assert log.writes < len(markers)


def test_with_nothing_open_nothing_is_kept() -> None:
    log = Log()
    intents = Intents(lambda _: log, Clock())
    intents.send(A)
    intents.answer(A)
    intents.close()
    assert log.kept == {}
