"""What the demonstration does not try: the walls once they are broken on purpose, and a host key that is not the one."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from govcloud.configure import Access
from govcloud.demo.machines import access_of, configure_all
from govcloud.demo.proofs import on, reach
from govcloud.engine import Setting, Site
from govcloud.lab import CLASSIFIED, EXTRANET, join, unjoin
from govcloud.progress import Silent
from integration.conftest import StandingLab


@pytest.fixture(scope="module")
def configured(small_site: Site, applied: dict[str, Setting]) -> list[str]:
    """What configuring the small site said."""
    said: list[str] = []
    configure_all(small_site, list(applied.values()), Silent(), said.append)
    return said


@pytest.fixture(scope="module")
def ways(small_site: Site, applied: dict[str, Setting]) -> dict[str, Access]:
    """The way to each plane's machines."""
    return {plane: access_of(small_site, plane) for plane in applied}


@pytest.fixture
def opened(configured: list[str], ways: dict[str, Access], lab: StandingLab) -> Iterator[dict[str, Access]]:
    """Both planes with every door that guards their bastions and probes opened by hand: groups, hosts, addresses."""
    undo: list[Callable[[], Any]] = []
    for plane, way in ways.items():
        api = lab.connect(plane).network
        group = next(group for group in api.security_groups() if group.name == "managed")
        rule = {
            "direction": "ingress",
            "ethertype": "IPv4",
            "protocol": "icmp",
            "security_group_id": group.id,
        }
        undo.append(partial(api.delete_security_group_rule, api.create_security_group_rule(**rule)))
        probe = next(port for port in api.ports(name="probe"))
        external = next(api.networks(name="external"))
        undo.append(partial(api.delete_ip, api.create_ip(floating_network_id=external.id, port_id=probe.id)))
        on(
            way,
            way.bastion,
            *[
                "sudo",
                "nft",
                "add",
                "rule",
                "inet",
                "host",
                "input",
                "icmp",
                "type",
                "echo-request",
                "accept",
            ],
        )
        undo.append(partial(on, way, way.bastion, "sudo", "systemctl", "reload", "nftables"))
    yield ways
    for step in reversed(undo):
        step()


def test_only_the_missing_link_keeps_the_planes_apart(opened: dict[str, Access]) -> None:
    """The same probes, the same targets, every filter opened: silent as it is, reached once the clouds are joined."""

    def seen() -> list[str]:
        found = []
        for plane, other in (("extranet", "classified"), ("classified", "extranet")):
            probe = next(machine for machine in opened[plane].running if machine.role == "probe")
            target = str(opened[other].bastion.floating)
            found.append(reach(opened[plane], probe, [target])[target])
        return found

    assert seen() == ["silent", "silent"]
    join(EXTRANET, CLASSIFIED)
    try:
        joined = seen()
    finally:
        unjoin(EXTRANET, CLASSIFIED)
    assert joined == ["reached", "reached"]
    assert seen() == ["silent", "silent"]


def test_a_changed_host_key_is_refused(configured: list[str], ways: dict[str, Access]) -> None:
    access = ways["extranet"]
    probe = next(machine for machine in access.running if machine.role == "probe")
    known = access.known_hosts.read_text()
    other = next(
        line.split()[-1] for line in known.splitlines() if line.startswith("bastion") and "ed25519" in line
    )
    forged = [
        line.rpartition(" ")[0] + " " + other if line.startswith("probe") and "ed25519" in line else line
        for line in known.splitlines()
        if not (line.startswith("probe") and "ed25519" not in line)
    ]
    access.known_hosts.write_text("\n".join(forged) + "\n")
    try:
        done = subprocess.run(
            access.command(probe, ("true",)), capture_output=True, text=True, timeout=60, check=False
        )
    finally:
        access.known_hosts.write_text(known)
    assert done.returncode == 255
    assert "host key" in done.stderr.lower()
