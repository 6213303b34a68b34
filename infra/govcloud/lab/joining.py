"""Joining two lab clouds on purpose, to show that what keeps them apart is the missing link and nothing else.

A cable between their network namespaces and a route to each other's floating range: a guest of one then
reaches the floating address of a guest of the other, in both directions. Nothing of the clouds' own
configuration changes.
"""

from __future__ import annotations

from govcloud.lab.clouds import LabCloud
from govcloud.lab.commands import run

_RANGE_LENGTH = 24


def join(one: LabCloud, other: LabCloud) -> None:
    """Lay the cable and the routes; both clouds must stand and not be joined to each other already."""
    ends = (_end(one, other), _end(other, one))
    cable = ["type", "veth", "peer", "name", ends[1], "netns", other.name]
    run(["ip", "-n", one.name, "link", "add", ends[0], *cable])
    for here, end in zip((one, other), ends, strict=True):
        within = ["ip", "-n", here.name]
        run([*within, "address", "add", f"{_address(here)}/{_RANGE_LENGTH}", "dev", end])
        run(["ip", "netns", "exec", here.name, "ethtool", "--offload", end, "tx", "off"])
        run([*within, "link", "set", end, "up"])
    for here, there in ((one, other), (other, one)):  # a route wants both ends of the cable up
        run(["ip", "-n", here.name, "route", "add", there.floating_range, "via", _address(there)])


def unjoin(one: LabCloud, other: LabCloud) -> None:
    """Take the cable away, and with it addresses and routes."""
    run(["ip", "-n", one.name, "link", "delete", _end(one, other)])


def _end(here: LabCloud, there: LabCloud) -> str:
    return f"join{here.index}to{there.index}"


def _address(cloud: LabCloud) -> str:
    return f"10.99.200.{cloud.index}"
