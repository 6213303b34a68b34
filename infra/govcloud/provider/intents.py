"""The record of creates that were sent, written durably before each, so that a killed run can be resumed.

A create whose answer never came may still be under way in the server: the next run waits for such an
object to appear, bounded, before it creates another.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from govcloud.provider import markers

SETTLES_WITHIN = 60.0
"""Seconds after which a create that was sent is held never to have arrived."""


@dataclass(frozen=True)
class Sent:
    """When a create was sent: seconds of a clock that only runs within one start of one machine."""

    at: float
    boot: str


class IntentLog(Protocol):
    """Where one stack's open creates are kept; its writer is whoever holds the stack's lease."""

    def load(self) -> dict[str, Sent]:
        """The creates that were sent and not answered, by marker."""

    def save(self, opened: Mapping[str, Sent]) -> None:
        """Keep these durably in the place of all others."""


class _Stack:
    """One stack's open creates. Sends at the same time share one write."""

    def __init__(self, log: IntentLog) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._noted = self._written = 0
        self.open = log.load()

    def send(self, marker: str, sent: Sent) -> None:
        with self._lock:
            self.open[marker] = sent
            self._noted += 1
            mine = self._noted
        with self._writing:
            if self._written < mine:
                with self._lock:
                    opened, noted = dict(self.open), self._noted
                self._log.save(opened)
                self._written = noted

    def answer(self, marker: str) -> None:
        # Kept with the next send, or at the end: an answer that is forgotten costs a look, never an object.
        with self._lock:
            self.open.pop(marker, None)

    def close(self) -> None:
        with self._writing, self._lock:
            self._log.save(self.open)


class Intents:
    """The open creates of one run, stack by stack; `now` gives the clock of `Sent`."""

    def __init__(
        self,
        log_of: Callable[[str], IntentLog],
        now: Callable[[], Sent],
        settles_within: float = SETTLES_WITHIN,
    ) -> None:
        self._log_of = log_of
        self._now = now
        self._settles_within = settles_within
        self._lock = threading.Lock()
        self._stacks: dict[str, _Stack] = {}

    def unanswered(self, marker: str) -> float | None:
        """Seconds for which the object of this marker may still appear, or None when nothing is open."""
        sent = self._stack(marker).open.get(marker)
        if sent is None:
            return None
        now = self._now()
        passed = now.at - sent.at if now.boot == sent.boot else 0.0
        return min(self._settles_within, max(0.0, self._settles_within - passed))

    def send(self, marker: str) -> None:
        """Note durably that a create is about to be sent."""
        self._stack(marker).send(marker, self._now())

    def answer(self, marker: str) -> None:
        """Note that the create has been answered, or that the object was found."""
        self._stack(marker).answer(marker)

    def close(self) -> None:
        """End the run: what is still open is kept, and nothing else."""
        for stack in self._stacks.values():
            stack.close()

    def _stack(self, marker: str) -> _Stack:
        name = markers.stack_of(marker)
        with self._lock:
            if name not in self._stacks:
                self._stacks[name] = _Stack(self._log_of(name))
            return self._stacks[name]
