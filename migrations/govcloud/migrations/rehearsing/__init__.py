"""Rehearsals: the night on a clone, measured, and whether it speaks for the night itself."""

from govcloud.migrations.rehearsing.holding import Held, clear, hold, settle
from govcloud.migrations.rehearsing.page import rehearsal_page
from govcloud.migrations.rehearsing.record import (
    Rehearsal,
    demand_fits,
    read_rehearsal,
    rehearsal_from,
    write_rehearsal,
)
from govcloud.migrations.rehearsing.shape import Shape, shape_of

__all__ = [
    "Held",
    "Rehearsal",
    "Shape",
    "clear",
    "demand_fits",
    "hold",
    "read_rehearsal",
    "rehearsal_from",
    "rehearsal_page",
    "settle",
    "shape_of",
    "write_rehearsal",
]
