"""The model of a city's networks and systems: load, validate, address plan, flows. No network, no clock."""

from govcloud.topology.diagram import diagram
from govcloud.topology.loading import load
from govcloud.topology.measures import Indicator, indicators
from govcloud.topology.model import (
    Flow,
    Group,
    Machine,
    PlaneTopology,
    Router,
    Segment,
    Source,
    Topology,
)
from govcloud.topology.schema import schemas
from govcloud.topology.standing import Stand, Standing, rows
from govcloud.topology.words import Protection, Service

__all__ = [
    "Flow",
    "Group",
    "Indicator",
    "Machine",
    "PlaneTopology",
    "Protection",
    "Router",
    "Segment",
    "Service",
    "Source",
    "Stand",
    "Standing",
    "Topology",
    "diagram",
    "indicators",
    "load",
    "rows",
    "schemas",
]
