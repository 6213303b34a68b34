"""What a system is made of on its night: each part can be stopped, moved over and taken back by itself."""

from __future__ import annotations

from typing import Protocol

from govcloud.migrations.night.deadline import Deadline
from govcloud.migrations.steps import Facts


class Part(Protocol):
    """One part of a system: a database, a set of files, a web site, an address.

    Every method may be killed at any instant and be called again; those that take back may be called for what
    was never done. All that has a deadline stops by itself when it has passed, and raises MissedError.
    """

    @property
    def name(self) -> str:
        """What people call it: `postgresql notices`."""

    def close(self, deadline: Deadline) -> Facts:
        """Ask people to come back in a moment, before anything behind it stops; what they have begun ends."""

    def drain(self, deadline: Deadline) -> Facts:
        """Take no new work at the source, and let what is under way end."""

    def fence(self, deadline: Deadline) -> Facts:
        """Have the source refuse every write, whoever asks; gives the point behind which there is none."""

    def catch_up(self, deadline: Deadline) -> Facts:
        """Bring the last changes over, up to that point, and what no stream carries."""

    def verify(self, deadline: Deadline) -> Facts:
        """Compare both sides; an error names what differs, and who wrote behind the fence."""

    def arm(self, deadline: Deadline) -> Facts:
        """Lay the way back, so that what is written on the target from now on can be brought home."""

    def switch(self, deadline: Deadline) -> Facts:
        """Lead people to the target, which takes no writes yet."""

    def release(self, deadline: Deadline) -> Facts:
        """Let the target take writes: the point of no return."""

    def reopen(self) -> None:
        """Take back `close`: people find what they found before."""

    def admit(self) -> None:
        """Take back `drain`: let people in at the source again."""

    def unfence(self) -> None:
        """Take back `fence`: the source is as it was."""

    def disarm(self) -> None:
        """Take back `arm`."""

    def switch_back(self) -> None:
        """Take back `switch`: lead people to the source."""
