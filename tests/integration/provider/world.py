"""What the matrix's subjects stand on: supporting objects, made once in a lab cloud and taken away after."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from govcloud.engine.journal import StackLog, sent_now
from govcloud.engine.stores.files import Files
from govcloud.provider import KINDS, Cloud, Declared, Intents, Session

SITE = "matrix"
SETTLES_WITHIN = {"faults": 5.0}
"""Seconds that a create whose answer is lost may still take, by journal: what holds it up is the test's own."""
WORLD = "extranet/world/"
SUBJECT = "extranet/subject/"


def _upper_half(prefix: str) -> list[dict[str, str]]:
    """The upper half of a /24 for ports that the cloud makes for itself, so that they take no planned address."""
    return [{"start": f"{prefix}.128", "end": f"{prefix}.254"}]


def _net(name: str, **more: Any) -> tuple[str, str, dict[str, Any]]:
    return ("network", name, {"name": f"matrix-{name}", "project": "world/project", **more})


def _sub(name: str, network: str, cidr: str, **more: Any) -> tuple[str, str, dict[str, Any]]:
    inputs = {
        "name": f"matrix-{name}",
        "project": "world/project",
        "network": f"world/{network}",
        "cidr": cidr,
    }
    return ("subnet", name, {**inputs, **more})


def _port(name: str, address: str, **more: Any) -> tuple[str, str, dict[str, Any]]:
    inputs = {
        "name": f"matrix-{name}",
        "project": "world/project",
        "network": "world/network",
        "fixed_ips": [{"subnet": "world/subnet", "ip_address": address}],
    }
    return ("port", name, {**inputs, **more})


def _leg(name: str, router: str, address: str) -> tuple[str, str, dict[str, Any]]:
    return (
        "router_interface",
        name,
        {"router": f"world/{router}", "subnet": "world/subnet", "address": address},
    )


PARTS: list[tuple[str, str, dict[str, Any]]] = [
    ("project", "project", {"name": "matrix-project"}),
    ("project", "other-project", {"name": "matrix-other-project"}),
    ("role_assignment", "self", {"project": "world/project", "user": "@self", "role": "member"}),
    ("role_assignment", "other-self", {"project": "world/other-project", "user": "@self", "role": "member"}),
    ("user", "user", {"name": "matrix-world-user", "password": "World-Secret-1"}),
    ("qos_policy", "qos", {"name": "matrix-world-qos", "project": "world/project"}),
    ("qos_policy", "other-qos", {"name": "matrix-world-qos-2", "project": "world/project"}),
    _net("external", external=True),
    # The cases name addresses below the pools, so that none of them is handed to a gateway by chance.
    _sub(
        "external-subnet",
        "external",
        "203.0.113.0/25",
        gateway_ip="203.0.113.1",
        enable_dhcp=False,
        allocation_pools=[{"start": "203.0.113.100", "end": "203.0.113.126"}],
    ),
    _net("external-2", external=True),
    _sub(
        "external-2-subnet",
        "external-2",
        "203.0.113.128/25",
        gateway_ip="203.0.113.129",
        enable_dhcp=False,
        allocation_pools=[{"start": "203.0.113.200", "end": "203.0.113.254"}],
    ),
    _net("network"),
    _sub(
        "subnet",
        "network",
        "10.251.0.0/24",
        gateway_ip="10.251.0.1",
        allocation_pools=_upper_half("10.251.0"),
    ),
    _net("empty-network"),
    _net("spare-network"),
    _net("leg-network"),
    _sub(
        "leg-subnet",
        "leg-network",
        "10.252.0.0/24",
        gateway_ip="10.252.0.1",
        allocation_pools=_upper_half("10.252.0"),
    ),
    _net("leg-network-2"),
    _sub(
        "leg-subnet-2",
        "leg-network-2",
        "10.253.0.0/24",
        gateway_ip="10.253.0.1",
        allocation_pools=_upper_half("10.253.0"),
    ),
    ("router", "router", {"name": "matrix-world-router", "project": "world/project"}),
    ("router", "other-router", {"name": "matrix-other-router", "project": "world/project"}),
    ("router", "second-router", {"name": "matrix-second-router", "project": "world/project"}),
    (
        "router",
        "gate",
        {"name": "matrix-gate", "project": "world/project", "external_network": "world/external"},
    ),
    _leg("router-leg", "router", "10.251.0.2"),
    _leg("second-leg", "second-router", "10.251.0.3"),
    ("router_interface", "gate-leg", {"router": "world/gate", "subnet": "world/subnet"}),
    _port("floating-port", "10.251.0.20"),
    _port("server-port", "10.251.0.30"),
    _port("server-port-2", "10.251.0.31"),
    _net("other-network", project="world/other-project"),
    _sub("other-subnet", "other-network", "10.255.0.0/24", project="world/other-project"),
    (
        "port",
        "other-port",
        {
            "name": "matrix-other-port",
            "project": "world/other-project",
            "network": "world/other-network",
            "fixed_ips": [{"subnet": "world/other-subnet", "ip_address": "10.255.0.32"}],
        },
    ),
    ("security_group", "group", {"name": "matrix-world-group", "project": "world/project"}),
    ("security_group", "other-group", {"name": "matrix-world-group-2", "project": "world/project"}),
    (
        "address_group",
        "addresses",
        {"name": "matrix-world-addresses", "project": "world/project", "addresses": ["10.0.0.0/8"]},
    ),
    ("flavor", "flavor", {"name": "matrix-world-flavor", "vcpus": 1, "ram": 64, "disk": 1}),
    ("flavor", "other-flavor", {"name": "matrix-other-flavor", "vcpus": 1, "ram": 65, "disk": 1}),
    ("image", "image", {"name": "matrix-world-image", "source": "small"}),
    ("image", "other-image", {"name": "matrix-other-image", "source": "other"}),
    (
        "keypair",
        "key",
        {
            "name": "matrix-world-key",
            "public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFvnNcNVGbD8A1Bk6pGz2mTNLz0wBBWbNA7oWbX2qFfi world",
        },
    ),
    (
        "server_group",
        "servers",
        {"name": "matrix-world-servers", "policy": "soft-anti-affinity", "project": "world/project"},
    ),
]


def addressed(value: Any) -> Any:
    """A case's `world/NAME` as the address that it means."""
    if isinstance(value, str):
        return WORLD + value.removeprefix("world/") if value.startswith("world/") else value
    if isinstance(value, dict):
        return {key: addressed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [addressed(item) for item in value]
    return value


def declarations() -> dict[str, Declared]:
    """Every supporting object."""
    return {WORLD + name: Declared(kind, addressed(inputs)) for kind, name, inputs in PARTS}


class World:
    """The supporting objects, and sessions that know of them and of one subject."""

    def __init__(self, clouds_file: Path, folder: Path) -> None:
        images = {name: folder / f"{name}.raw" for name in ("small", "other")}
        for name, path in images.items():
            path.write_bytes(name.encode() * 4096)
        # Glance looks into what arrives: another format needs other bytes.
        images["sparse"] = folder / "sparse.qcow2"
        words = ["qemu-img", "create", "-q", "-f", "qcow2", str(images["sparse"]), "1M"]
        subprocess.run(words, check=True)
        self.cloud = Cloud("extranet", clouds_file, images)
        self.clouds = str(clouds_file)
        self.folder = folder
        self.ids: dict[str, str] = {}
        self._intents: Intents | None = None
        self._made: list[str] = []

    def session(
        self, subjects: Mapping[str, Declared], journal: str = "intents", cloud: Cloud | None = None
    ) -> Session:
        """A fresh session, as a new run would have it: it knows the cloud and nothing else."""
        found = Session(SITE, cloud or self.cloud, {**declarations(), **subjects}, self._record(journal))
        for address, identifier in self.ids.items():
            found.references.know(address, identifier)
        return found

    def undeclared(self) -> Session:
        """A run in which nothing is declared any more: what it is told to delete is to go."""
        return Session(SITE, self.cloud, {}, self._record("intents"))

    def _record(self, journal: str) -> Intents:
        """A run's record of creates; the run before it has ended."""
        if self._intents is not None:
            self._intents.close()
        store = Files(self.folder / journal)
        settles = SETTLES_WITHIN.get(journal, 15.0)
        self._intents = Intents(lambda stack: StackLog(store, stack), sent_now, settles)
        return self._intents

    def build(self) -> None:
        """Create the supporting objects, each behind those that it refers to."""
        session = self.session({})
        remaining = {WORLD + name: kind for kind, name, _ in PARTS}
        while remaining:
            ready = [a for a in remaining if not _waits(session, a, remaining)]
            for address in ready:
                kind = KINDS[remaining.pop(address)]
                self.ids[address] = session.create(address, kind)
                self._made.append(address)

    def clear(self) -> None:
        """Take the supporting objects away, the last made first."""
        session = self.undeclared()
        kinds = {WORLD + name: kind for kind, name, _ in PARTS}
        for address in reversed(self._made):
            session.delete(address, KINDS[kinds[address]], self.ids[address])


def _waits(session: Session, address: str, remaining: Mapping[str, str]) -> bool:
    text = str(session.references.declared_inputs(address))
    return any(f"'{other}'" in text for other in remaining if other != address)
