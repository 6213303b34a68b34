"""How fast a move may copy: one allowance of bytes that all of its workers share, and a meter for people."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from govcloud.progress import Progress

BURST = 0.25
"""Seconds whose allowance may be taken at once."""


class Pace:
    """An allowance of bytes in a second; without a limit nobody waits."""

    def __init__(
        self,
        limit: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._limit = limit
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free_at = clock()

    @property
    def limited(self) -> bool:
        """Whether anybody ever waits."""
        return self._limit is not None

    def take(self, count: int) -> None:
        """Wait until `count` bytes may be moved; workers are served in the order in which they ask."""
        if self._limit is None:
            return
        with self._lock:
            now = self._clock()
            self._free_at = max(self._free_at, now - BURST) + count / self._limit
            wait = self._free_at - now
        if wait > 0:
            self._sleep(wait)


class Meter:
    """Adds up the bytes of one step for its progress; safe to use from several threads."""

    def __init__(self, progress: Progress, step: str, total: int) -> None:
        self._progress = progress
        self._step = step
        self._total = total
        self._so_far = 0
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        """Say that `count` more bytes are done."""
        with self._lock:
            self._so_far += count
            so_far = self._so_far
        self._progress.count(self._step, min(so_far, self._total), self._total)
