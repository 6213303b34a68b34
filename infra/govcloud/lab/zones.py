"""`python -m govcloud.lab.zones PLANE INDEX`: a zone of guests that run, one of simulated guests."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from govcloud.lab.access import administrator
from govcloud.lab.clouds import LabCloud
from govcloud.lab.configuration import Secrets
from govcloud.lab.layout import Layout

if TYPE_CHECKING:
    from openstack.connection import Connection

_PATIENCE_SECONDS = 120
_AGAIN_SECONDS = 0.5


def divide(cloud: LabCloud, connection: Connection) -> None:
    """Put each hypervisor into a host aggregate that is a zone of its own: `running`, `simulated`."""
    zones = {"running": cloud.name, "simulated": cloud.simulated_host}
    for zone, host in zones.items():
        aggregate = connection.compute.create_aggregate(name=zone, availability_zone=zone)
        _await_host(connection, host)
        connection.compute.add_host_to_aggregate(aggregate, host)


def _await_host(connection: Connection, host: str) -> None:
    """Nova takes a host only once its scheduler has it in the cell and Placement knows what it has."""
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while not any(
        _ready(connection, found.name) for found in connection.compute.hypervisors() if found.name == host
    ):
        if time.monotonic() > give_up:
            raise TimeoutError(f"the hypervisor {host} did not appear within {_PATIENCE_SECONDS} s")
        time.sleep(_AGAIN_SECONDS)


def _ready(connection: Connection, host: str) -> bool:
    return any(True for _ in connection.placement.resource_providers(name=host))


if __name__ == "__main__":
    _cloud = LabCloud(sys.argv[1], int(sys.argv[2]))
    divide(_cloud, administrator(_cloud, Secrets.load(Layout.of(_cloud).secrets)))
