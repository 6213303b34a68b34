"""What the topology says of a machine, told to the verifiers: from the flows, not from the roles' values."""

from __future__ import annotations

from typing import Any

from govcloud.configure.access import LOGIN, Access
from govcloud.configure.admission import admitted
from govcloud.configure.databases import PORT, databases
from govcloud.configure.portal import websites
from govcloud.topology import Machine, Topology


def expected(topology: Topology, access: Access, machine: Machine, role: str) -> dict[str, Any]:
    """What one role's verifier is to find on one machine, as JSON."""
    return _EXPECTED[role](topology, access, machine)


def _base(topology: Topology, access: Access, machine: Machine) -> dict[str, Any]:
    return {
        "login": LOGIN,
        "time_zone": "Asia/Shanghai",
        "admitted": admitted(access.plane, machine),
        "address": str(machine.address),
        "bastion": "bastion" in machine.configure,
    }


def _bastion(topology: Topology, access: Access, machine: Machine) -> dict[str, Any]:
    others = sorted(f"{other.address}:22" for other in access.running if other.id != machine.id)
    return {"login": LOGIN, "targets": others}


def _postgresql(topology: Topology, access: Access, machine: Machine) -> dict[str, Any]:
    here = [database for database in databases(access.plane) if database.machine.id == machine.id]
    return {
        "address": str(machine.address),
        "port": PORT,
        "databases": {d.name: sorted(str(client.address) for client in d.applications) for d in here},
    }


def _web(topology: Topology, access: Access, machine: Machine) -> dict[str, Any]:
    database = next((d for d in databases(access.plane) if machine in d.applications), None)
    return {
        "application": machine.system,
        "address": str(machine.address),
        "database": database and {"host": str(database.machine.address), "port": PORT, "name": database.name},
        "websites": [row["name_zh"] for row in websites(topology, access.plane, machine.system or "")],
    }


def _probe(topology: Topology, access: Access, machine: Machine) -> dict[str, Any]:
    """Every running machine answers the probe's ICMP where a flow lets it; databases never answer a probe."""
    answering = [
        other
        for other in access.running
        if other.id != machine.id
        and any(e["protocol"] == "icmp" and _within(machine, e["sources"]) for e in admitted(access.plane, other))
    ]
    closed = [
        f"{database.machine.address}:{PORT}"
        for database in databases(access.plane)
        if machine not in database.applications
    ]
    return {"reached": sorted(str(other.address) for other in answering), "silent": sorted(set(closed))}


def _within(machine: Machine, sources: list[str]) -> bool:
    from ipaddress import IPv4Network

    return any(machine.address in IPv4Network(source) for source in sources)


_EXPECTED = {"base": _base, "bastion": _bastion, "postgresql": _postgresql, "web": _web, "probe": _probe}
