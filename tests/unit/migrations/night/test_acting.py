"""What waits for a host that does not answer is cut off from it, wherever in the act it waits."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from govcloud.errors import ToolkitError
from govcloud.migrations.night.acting import Act, side_by_side
from govcloud.migrations.night.deadline import MissedError
from govcloud.migrations.ties import along, tied, tied_socket

SOON = 0.2


def hear() -> None:
    """Wait for an answer that never comes."""
    ours, theirs = socket.socketpair()
    with ours, theirs, tied_socket(ours):
        if not ours.recv(1):
            raise ToolkitError("the connection was lost", "MariaDB 1")


def run() -> None:
    with subprocess.Popen(["sleep", "60"]) as process, tied(process.kill):
        if process.wait() != 0:
            raise ToolkitError("the program was ended")


def in_another_thread() -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(along(hear)).result()


def twice() -> None:
    """It tries again: what it opens then is cut off at once."""
    with pytest.raises(ToolkitError):
        hear()
    hear()


def stumble() -> None:
    """What it meets when it is cut off is nothing that was foreseen."""
    with suppress(ToolkitError):
        hear()
    raise ValueError("read of closed file")


@pytest.mark.parametrize("wait", [hear, run, in_another_thread, twice, stumble])
def test_what_waits_in_vain_is_cut_off_and_named(wait: Callable[[], None]) -> None:
    begun = time.monotonic()
    (error,) = side_by_side([Act("catch up of ledger", wait), Act("catch up of files", lambda: None)], SOON)
    assert time.monotonic() - begun < 10
    assert isinstance(error, MissedError)
    assert "catch up of ledger waited for an answer that did not come in time" in str(error)


def test_what_ends_by_itself_says_why_itself() -> None:
    def late() -> None:
        time.sleep(2 * SOON)
        raise MissedError("not done within 0.1 s")

    def wrong() -> None:
        raise ToolkitError("they differ")

    errors = side_by_side([Act("drain", late), Act("verify", wrong)], SOON)
    assert [str(error) for error in errors] == ["not done within 0.1 s", "they differ"]


def test_without_a_time_it_is_waited_for() -> None:
    assert side_by_side([Act("release", lambda: time.sleep(2 * SOON))], None) == []


def test_whatever_is_opened_outside_of_an_act_is_left_alone() -> None:
    ours, theirs = socket.socketpair()
    cut = threading.Event()
    with ours, theirs, tied_socket(ours), tied(cut.set):
        assert len(side_by_side([Act("drain", hear)], SOON)) == 1
        theirs.sendall(b"x")
        assert ours.recv(1) == b"x"
    assert not cut.is_set()
