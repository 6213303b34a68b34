"""What the topology says of a machine, told to the verifiers: from the flows, not from the roles' values."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from govcloud.configure.access import BASTION, LOGIN
from govcloud.configure.admission import admitted
from govcloud.configure.databases import PORT, databases
from govcloud.configure.subject import Subject

TIME_ZONE = "Asia/Shanghai"


def expected(of: Subject, role: str) -> dict[str, Any]:
    """What one role's verifier is to find on one machine, as JSON."""
    return _EXPECTED[role](of)


def _base(of: Subject) -> dict[str, Any]:
    return {
        "login": LOGIN,
        "time_zone": TIME_ZONE,
        "admitted": admitted(of.plane, of.machine),
        "bastion": BASTION in of.machine.configure,
    }


def _bastion(of: Subject) -> dict[str, Any]:
    return {"login": LOGIN, "targets": sorted(f"{other.address}:22" for other in of.others)}


def _postgresql(of: Subject) -> dict[str, Any]:
    return {
        "address": str(of.machine.address),
        "port": PORT,
        "databases": {d.name: sorted(str(client.address) for client in d.applications) for d in of.kept},
    }


def _web(of: Subject) -> dict[str, Any]:
    return {
        "application": of.machine.system,
        "names": [*of.domains, str(of.machine.address)],
        "websites": [row["name_zh"] for row in of.websites],
    }


def _probe(of: Subject) -> dict[str, Any]:
    """Every running machine answers the probe's ICMP where a flow lets it; no database answers a probe."""
    closed = [d for d in databases(of.plane) if of.machine not in d.applications]
    return {
        "reached": [str(other.address) for other in of.others if _answers(of, admitted(of.plane, other))],
        "silent": sorted({f"{database.machine.address}:{PORT}" for database in closed}),
    }


def _answers(of: Subject, entries: list[dict[str, Any]]) -> bool:
    return any(
        entry["protocol"] == "icmp"
        and any(of.machine.address in IPv4Network(one) for one in entry["sources"])
        for entry in entries
    )


_EXPECTED = {"base": _base, "bastion": _bastion, "postgresql": _postgresql, "web": _web, "probe": _probe}
