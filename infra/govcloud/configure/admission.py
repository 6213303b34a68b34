"""Which connections a machine's own firewall admits: the declared flows, once more, on the machine itself."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, collapse_addresses
from typing import Any

from govcloud.topology import Flow, Machine, PlaneTopology

MANAGED = "managed"
"""The group that every machine of a plane is in."""
ANYWHERE = IPv4Network("0.0.0.0/0")


def admitted(plane: PlaneTopology, machine: Machine) -> list[dict[str, Any]]:
    """One entry a service: `service`, `protocol`, `ports` (`22`, `10000-20000`, or none) and `sources`."""
    prefixes: dict[tuple[str, str, str], set[IPv4Network]] = {}
    for flow in plane.flows:
        if flow.target in (MANAGED, machine.group):
            key = (flow.service_id, flow.service.protocol, _ports(flow))
            prefixes.setdefault(key, set()).update(_sources(plane, flow))
    return [
        {
            "service": service,
            "protocol": protocol,
            "ports": ports,
            "sources": [str(prefix) for prefix in collapse_addresses(found)],
        }
        for (service, protocol, ports), found in sorted(prefixes.items())
    ]


def clients(plane: PlaneTopology, target: Machine, service: str) -> set[str]:
    """The groups of machines that may reach the target on a service."""
    return {
        flow.source.id
        for flow in plane.flows
        if flow.target == target.group and flow.service_id == service and flow.source.kind == "group"
    }


def _ports(flow: Flow) -> str:
    _protocol, _slash, ports = str(flow.service).partition("/")
    return ports


def _sources(plane: PlaneTopology, flow: Flow) -> Iterator[IPv4Network]:
    if flow.source.kind == "internet":
        yield ANYWHERE
    elif flow.source.kind == "group":
        for name in plane.group[flow.source.id].machines:
            yield IPv4Network(plane.machine[name].address)
    else:
        yield from flow.source.prefixes
