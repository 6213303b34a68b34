"""What is done at once ends at once: by an error of one of them, by Ctrl-C, and by whoever had it begun."""

from __future__ import annotations

import signal
import socket
import threading
import time

import pytest

from govcloud.errors import ToolkitError
from govcloud.migrations.ties import Ties, bound, tied_socket
from govcloud.migrations.together import together


def waiting(begun: threading.Event) -> str:
    """Wait for a host that answers nothing."""
    ours, theirs = socket.socketpair()
    ours.settimeout(20)
    with ours, theirs, tied_socket(ours):
        begun.set()
        if not ours.recv(1):
            raise ToolkitError("the connection was lost", "there")
    return "answered"


def test_each_gives_what_it_found_in_order_and_side_by_side() -> None:
    both = threading.Barrier(2, timeout=20)

    def look(name: str) -> str:
        both.wait()
        return name

    assert together(lambda: look("source"), lambda: look("target")) == ["source", "target"]
    assert together() == []


def test_one_error_ends_what_the_other_waits_for_and_is_told() -> None:
    begun = threading.Event()

    def fail() -> str:
        assert begun.wait(20)
        raise ToolkitError("no room", "here", "make some")

    started = time.monotonic()
    with pytest.raises(ToolkitError, match="no room"):
        together(lambda: waiting(begun), fail)
    assert time.monotonic() - started < 10


def test_interrupted_it_waits_for_no_host() -> None:
    begun = threading.Event()

    def interrupt() -> None:
        assert begun.wait(20)
        # As Ctrl-C does it: in the thread that waits.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    there = threading.Thread(target=interrupt)
    there.start()
    with pytest.raises(KeyboardInterrupt):
        together(lambda: waiting(begun))
    there.join(20)
    assert not there.is_alive()


def test_who_gave_the_time_cuts_it_too() -> None:
    begun, ties = threading.Event(), Ties()

    def cut() -> None:
        assert begun.wait(20)
        ties.cut()

    there = threading.Thread(target=cut)
    there.start()
    with pytest.raises(ToolkitError, match="the connection was lost"):
        bound(ties, together, lambda: waiting(begun))
    there.join(20)
    assert not there.is_alive()
