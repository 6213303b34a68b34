"""Copies all parts of a system and lets them follow, by the journal: killed anywhere, begun again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from govcloud.migrations.journal import Claims, Journal
from govcloud.migrations.moves.mover import Mover
from govcloud.migrations.running import run_steps
from govcloud.migrations.steps import Done, Facts, Step
from govcloud.progress import Progress


@dataclass(frozen=True)
class _Within:
    """What the steps of one part recorded, under the names that the part itself gives them."""

    done: Done
    part: str

    def facts(self, name: str) -> Facts:
        """What that step of the part recorded."""
        return self.done.facts(f"{self.part}/{name}")


def begin(
    movers: Sequence[Mover], pinned: Facts, journal: Journal, claims: Claims, progress: Progress
) -> None:
    """Copy what is not copied yet and let it follow; what the move is about is held first.

    Raises ToolkitError where it was begun with something else, and for what fails; what was done stays done.
    """
    journal.pin(pinned)
    steps = [_of(mover.name, step) for mover in movers for step in mover.steps()]
    run_steps(steps, journal, claims, progress)


def _of(part: str, step: Step) -> Step:
    look = step.look
    return replace(
        step,
        name=f"{part}/{step.name}",
        act=lambda done: step.act(_Within(done, part)),
        after=tuple(f"{part}/{name}" for name in step.after),
        look=None if look is None else lambda done: look(_Within(done, part)),
    )
