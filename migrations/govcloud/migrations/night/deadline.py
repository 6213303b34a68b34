"""How long a stage may take: what works on it asks how much is left, and stops by itself."""

from __future__ import annotations

import time
from collections.abc import Callable

from govcloud.errors import ToolkitError


class MissedError(ToolkitError):
    """A stage that was not done within its deadline."""


class Deadline:
    """A moment by which something must be done; `clock` gives seconds that never go back."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at = clock() + seconds
        self._seconds = seconds

    def remaining(self) -> float:
        """Seconds that are left; none or less when it has passed."""
        return self._at - self._clock()

    def demand(self, what: str) -> float:
        """The seconds that are left; MissedError, naming what was not done, when none are."""
        left = self.remaining()
        if left <= 0:
            raise MissedError(
                f"{what} was not done within {self._seconds:.1f} s",
                remedy="see what held it up; a rehearsal shows how long it takes",
            )
        return left
