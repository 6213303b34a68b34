"""Moves trees of files, by the digests of their chunks."""

from govcloud.migrations.files.hold import hold
from govcloud.migrations.files.mover import FilesMover
from govcloud.migrations.files.passes import bring_over
from govcloud.migrations.files.places import Passed, Place
from govcloud.migrations.files.state import State
from govcloud.migrations.files.verifying import compare

__all__ = ["FilesMover", "Passed", "Place", "State", "bring_over", "compare", "hold"]
