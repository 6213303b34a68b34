"""What the topology says of a machine, told to the verifiers: from the flows, not from the roles' values."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from govcloud.configure.access import BASTION, LOGIN
from govcloud.configure.admission import admitted
from govcloud.configure.databases import MARIADB_PORT, PORT
from govcloud.configure.subject import Subject
from govcloud.topology.moving import Engine
from govcloud.topology.words import TIME_ZONE


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
    return {"login": LOGIN, "targets": sorted(of.led_to)}


def _postgresql(of: Subject) -> dict[str, Any]:
    return {
        "address": str(of.machine.address),
        "port": PORT,
        "databases": {d.name: sorted(str(client.address) for client in d.applications) for d in of.kept},
        "moved in": _moved_in(of, "postgresql"),
    }


def _mariadb(of: Subject) -> dict[str, Any]:
    return {
        "address": str(of.machine.address),
        "port": MARIADB_PORT,
        "number": int(of.machine.address),
        "moved in": _moved_in(of, "mariadb"),
    }


def _moved_in(of: Subject, engine: Engine) -> dict[str, Any]:
    """By database that has moved in, or will: the accounts that use it, and the addresses they come from."""
    return {
        one.name: {
            "accounts": sorted(one.accounts),
            "clients": sorted(str(client.address) for client in one.applications),
        }
        for one in of.moved_in(engine)
    }


def _web(of: Subject) -> dict[str, Any]:
    return {
        "application": of.machine.system,
        "names": [*of.domains, str(of.machine.address)],
        "websites": [row["name_zh"] for row in of.websites],
    }


def _sites(of: Subject) -> dict[str, Any]:
    return {"names": [of.machine.id, str(of.machine.address)], "systems": of.placed}


def _probe(of: Subject) -> dict[str, Any]:
    """What answers the probe because a flow lets it, and what serves others and must not answer it."""
    entries = [(str(other.address), entry) for other in of.others for entry in admitted(of.plane, other)]
    pinged = {place for place, entry in entries if entry["protocol"] == "icmp" and _lets_in(entry, of)}
    open_ = {f"{place}:{e['ports']}" for place, e in entries if _lets_in(e, of)}
    serving = {
        f"{place}:{e['ports']}" for place, e in entries if e["protocol"] == "tcp" and e["ports"].isdigit()
    }
    return {"reached": sorted(pinged), "silent": sorted(serving - open_)}


def _nothing(_: Subject) -> dict[str, Any]:
    """What it is does not depend on the topology."""
    return {}


def _lets_in(entry: dict[str, Any], of: Subject) -> bool:
    return any(of.machine.address in IPv4Network(source) for source in entry["sources"])


_EXPECTED = {
    "base": _base,
    "bastion": _bastion,
    "postgresql": _postgresql,
    "mariadb": _mariadb,
    "web": _web,
    "sites": _sites,
    "probe": _probe,
    "nspawn": _nothing,
}
