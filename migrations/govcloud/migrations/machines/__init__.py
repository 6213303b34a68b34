"""Moves a whole machine: its root comes to lie on a server of the platform, and runs there."""

from govcloud.migrations.machines.mover import MachineMover
from govcloud.migrations.machines.sides import Container, LiveHost, root_of

__all__ = ["Container", "LiveHost", "MachineMover", "root_of"]
