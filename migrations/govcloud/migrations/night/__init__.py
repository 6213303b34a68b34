"""The night of a move: one barrier over database, files, web and address, and the way back from it."""

from govcloud.migrations.night.barrier import Outcome, cut_over
from govcloud.migrations.night.deadline import Deadline, MissedError
from govcloud.migrations.night.parts import Part
from govcloud.migrations.night.stages import STAGES, Stage, shared

__all__ = ["STAGES", "Deadline", "MissedError", "Outcome", "Part", "Stage", "cut_over", "shared"]
