"""Puts a move's parts together: which movers it has, on which machines, and how each side is reached."""

from govcloud.migrations.assembly.assembly import Assembly, Ways, assembled
from govcloud.migrations.assembly.placing import (
    DatabasePlace,
    FilesPlace,
    MachinePlace,
    Place,
    WebPlace,
    place_of,
    places,
)
from govcloud.migrations.assembly.servers import MariadbServer, PostgresqlServer

__all__ = [
    "Assembly",
    "DatabasePlace",
    "FilesPlace",
    "MachinePlace",
    "MariadbServer",
    "Place",
    "PostgresqlServer",
    "Ways",
    "WebPlace",
    "assembled",
    "place_of",
    "places",
]
