"""`python -m govcloud.lab.zones PLANE INDEX`: a zone of guests that run, one of simulated guests."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from govcloud.lab.access import administrator
from govcloud.lab.clouds import LabCloud
from govcloud.lab.configuration import Secrets
from govcloud.lab.layout import Layout

if TYPE_CHECKING:
    from openstack.connection import Connection

_PATIENCE_SECONDS = 300
_AGAIN_SECONDS = 1


def divide(cloud: LabCloud, connection: Connection) -> None:
    """Put each hypervisor into a host aggregate that is a zone of its own: `running`, `simulated`."""
    zones = {"running": cloud.name, "simulated": cloud.simulated_host}
    for zone, host in zones.items():
        aggregate = connection.compute.create_aggregate(name=zone, availability_zone=zone)
        _await(f"the hypervisor {host}", partial(_hypervisor, connection, host))
        connection.compute.add_host_to_aggregate(aggregate, host)
    _await("Neutron's view of both hosts", lambda: set(zones.values()) <= _alive(connection))
    # Each service reads its policy at its first decision, and refuses others who ask at that very moment.
    for first_decision in (connection.image.images(), connection.network.security_groups()):
        list(first_decision)


def _await(what: str, there: Callable[[], bool]) -> None:
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while not there():
        if time.monotonic() > give_up:
            raise TimeoutError(f"{what} did not appear within {_PATIENCE_SECONDS} s")
        time.sleep(_AGAIN_SECONDS)


def _hypervisor(connection: Connection, host: str) -> bool:
    """Nova takes a host only once its scheduler has it in the cell and Placement knows what it has."""
    known = any(hypervisor.name == host for hypervisor in connection.compute.hypervisors())
    return known and any(True for _ in connection.placement.resource_providers(name=host))


def _alive(connection: Connection) -> set[str]:
    return {agent.host for agent in connection.network.agents() if agent.is_alive}


if __name__ == "__main__":
    _cloud = LabCloud(sys.argv[1], int(sys.argv[2]))
    divide(_cloud, administrator(_cloud, Secrets.load(Layout.of(_cloud).secrets)))
