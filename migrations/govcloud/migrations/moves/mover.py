"""What moves one part of a system: a database, a tree of files, a web site, a whole machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from govcloud.migrations.findings import Finding
from govcloud.migrations.night import Deadline, Part
from govcloud.migrations.planning import Load
from govcloud.migrations.steps import Facts, Step


class Mover(Part, Protocol):
    """One part, from the first look to the last trace. Every method may be killed and be called again."""

    def examine(self) -> Sequence[Finding]:
        """What stands in the way, or changes on the way, at the source and at the target."""

    def shape(self) -> Facts:
        """What must be as it was at the rehearsal: versions, names, definitions; never sizes or contents."""

    def load(self) -> Load:
        """How much there is, and how fast it changes."""

    def prepare(self) -> None:
        """Have at the target what other parts need before they are copied."""

    def steps(self) -> Sequence[Step]:
        """What copies it and lets it follow, while people work."""

    def resume(self) -> None:
        """Lay anew what lasts no longer than a run of the tool: how servers reach each other."""

    def approach(self) -> None:
        """Bring over what no stream carries, while people still work: the night begins in a moment."""

    def pause(self) -> None:
        """Let no more changes come from the source; `resume` does not take this back."""

    def lag(self) -> int:
        """Bytes that are still to come; an error where it does not follow any more, with the reason."""

    def evidence(self) -> Facts:
        """Both sides compared in full, with digests and the position that they hold for."""

    def quiet(self) -> None:
        """Have nobody work with it at the target any more, before anything is brought back."""

    def bring_back(self) -> Facts:
        """Stop the target, and bring home what was written there since the release."""

    def clean_up(self) -> Facts:
        """Take away on both sides what moving needed; the data stays."""

    def discard(self) -> None:
        """Take away all that moving has made, what was copied included; the source stays as it was."""


class Alone:
    """A part that people do not meet themselves, and that by itself refuses writes while it comes home."""

    def prepare(self) -> None:
        """Nothing."""

    def approach(self) -> None:
        """Nothing."""

    def close(self, deadline: Deadline) -> Facts:
        """Nothing."""
        return {}

    def reopen(self) -> None:
        """Nothing."""

    def quiet(self) -> None:
        """Nothing."""
