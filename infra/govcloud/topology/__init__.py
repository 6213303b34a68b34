"""The model of a city's networks and systems: load, validate, address plan, flows. Pure: no network, no clock."""

from govcloud.topology.loading import load
from govcloud.topology.model import Flow, Group, Machine, PlaneTopology, Router, Segment, Source, Topology
from govcloud.topology.words import Protection, Service

__all__ = [
    "Flow",
    "Group",
    "Machine",
    "PlaneTopology",
    "Protection",
    "Router",
    "Segment",
    "Service",
    "Source",
    "Topology",
    "load",
]
