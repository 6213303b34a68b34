"""What an act waits for at other hosts: each wait is cut off where the act takes longer than it may.

Who works asks how much time is left (`Deadline`), but cannot while a server takes a connection and does not
answer. So whatever opens a connection or starts a program ties it, and who gave the time cuts all of it.
Outside such an act tying does nothing.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Found = TypeVar("Found")


class Ties:
    """What one act has open; any thread may cut it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cuts: dict[int, Callable[[], object]] = {}
        self.are_cut = False

    def cut(self) -> None:
        """End what is open, and from now on whatever is opened."""
        with self._lock:
            self.are_cut = True
            cuts = list(self._cuts.values())
        for one in cuts:
            one()

    @contextmanager
    def holding(self, cut: Callable[[], object]) -> Iterator[None]:
        """Something is open, until the block ends."""
        with self._lock:
            number = max(self._cuts, default=0) + 1
            self._cuts[number] = cut
            late = self.are_cut
        try:
            if late:
                cut()
            yield
        finally:
            with self._lock:
                del self._cuts[number]


_TIES: ContextVar[Ties | None] = ContextVar("ties", default=None)


@contextmanager
def tied(cut: Callable[[], object]) -> Iterator[None]:
    """Something is open that `cut` ends, called by another thread: whoever waits for it must get an error."""
    ties = _TIES.get()
    if ties is None:
        yield
    else:
        with ties.holding(cut):
            yield


@contextmanager
def tied_socket(connection: socket.socket) -> Iterator[None]:
    """The same for a connection: whoever reads from it finds that it has ended."""
    with tied(lambda: _shut(connection)):
        yield


@contextmanager
def within(connection: socket.socket, seconds: float) -> Iterator[None]:
    """The connection ends where the block takes longer than that, in an act or outside of one."""
    timer = threading.Timer(seconds, _shut, [connection])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def along(act: Callable[Given, Found]) -> Callable[Given, Found]:
    """For another thread: what the act opens there is tied where it would be here. Anew for each thread."""
    context = copy_context()

    def there(*values: Given.args, **more: Given.kwargs) -> Found:
        return context.run(act, *values, **more)

    return there


def bound(ties: Ties, act: Callable[Given, Found], *values: Given.args, **more: Given.kwargs) -> Found:
    """Do it, with what it opens tied here."""
    before = _TIES.set(ties)
    try:
        return act(*values, **more)
    finally:
        _TIES.reset(before)
