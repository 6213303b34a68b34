"""The night of a move: one barrier over database, files, web and address, and the way back from it."""

from govcloud.migrations.night.acting import Act, raise_all, side_by_side
from govcloud.migrations.night.barrier import Outcome, cut_over
from govcloud.migrations.night.deadline import Deadline, MissedError
from govcloud.migrations.night.parts import Part
from govcloud.migrations.night.stages import STAGES, START, WAY_BACK, Stage, shared

__all__ = [
    "STAGES",
    "START",
    "WAY_BACK",
    "Act",
    "Deadline",
    "MissedError",
    "Outcome",
    "Part",
    "Stage",
    "cut_over",
    "raise_all",
    "shared",
    "side_by_side",
]
