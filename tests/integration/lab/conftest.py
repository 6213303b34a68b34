"""Two clouds for these tests alone, and a small network with guests in each.

Clouds of their own, because these tests take clouds apart and join them: whatever stands on this machine for
other work stays untouched.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection

from govcloud import lab as govlab
from integration.conftest import connect

_HOST_KEYS = re.compile(r"-----BEGIN SSH HOST KEY KEYS-----\s(.*?)-----END SSH HOST KEY KEYS-----", re.DOTALL)
MEMORY_MIB = 512
ONE = govlab.LabCloud("trial-one", 7)
OTHER = govlab.LabCloud("trial-other", 8)


@dataclass(frozen=True)
class Guest:
    """A guest that runs, reached over SSH with the host keys that its console showed."""

    name: str
    fixed: str
    floating: str
    folder: Path

    def ssh(self, *words: str) -> subprocess.CompletedProcess[str]:
        options = {
            "UserKnownHostsFile": self.folder / f"{self.name}.known",
            "StrictHostKeyChecking": "yes",
            "BatchMode": "yes",
            "ConnectTimeout": "10",
            "IdentitiesOnly": "yes",
        }
        settings = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
        key = ["-i", str(self.folder / "key")]
        command = ["ssh", *key, *settings, f"debian@{self.floating}", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)


def eventually(what: str, seconds: float, attempt: Callable[[], Any]) -> Any:
    """The first true answer of `attempt`."""
    give_up = time.monotonic() + seconds
    while not (answer := attempt()):
        assert time.monotonic() < give_up, f"{what}: not within {seconds} s"
        time.sleep(0.5)
    return answer


def upload_guest_image(cloud: Connection) -> Any:
    """The lab's guest image, as an image of the cloud."""
    with govlab.guest_image().open("rb") as data:
        return cloud.create_image(
            "guest",
            data=data,
            disk_format="qcow2",
            container_format="bare",
            wait=True,
            validate_checksum=False,
        )


class Neighbourhood:
    """One network behind a router in one cloud, for guests to boot on."""

    def __init__(self, lab_cloud: govlab.LabCloud, cloud: Connection, folder: Path) -> None:
        self.cloud = cloud
        self._folder = folder
        self._lab_cloud = lab_cloud
        self._external = self._make_external()
        self._image = upload_guest_image(cloud)
        self._flavor = cloud.compute.create_flavor(name="small", ram=MEMORY_MIB, vcpus=1, disk=2)
        self._make_keypair()
        self._network, self._group = self._make_network()

    def _make_external(self) -> Any:
        network = self.cloud.network.create_network(
            name="external",
            is_router_external=True,
            provider_network_type="flat",
            provider_physical_network="external",
        )
        self.cloud.network.create_subnet(
            network_id=network.id,
            ip_version=4,
            cidr=self._lab_cloud.floating_range,
            gateway_ip=self._lab_cloud.floating_gateway,
            enable_dhcp=False,
        )
        return network

    def _make_keypair(self) -> None:
        public = (self._folder / "key.pub").read_text()
        self.cloud.compute.create_keypair(name="tester", public_key=public)

    def _make_network(self) -> tuple[Any, Any]:
        api = self.cloud.network
        group = api.create_security_group(name="guests")
        for protocol, port in (("icmp", None), ("tcp", 22)):
            api.create_security_group_rule(
                security_group_id=group.id,
                direction="ingress",
                ethertype="IPv4",
                protocol=protocol,
                port_range_min=port,
                port_range_max=port,
            )
        network = api.create_network(name="guests")
        subnet = api.create_subnet(network_id=network.id, ip_version=4, cidr="10.77.0.0/24")
        gateway = {"network_id": self._external.id}
        router = api.create_router(name="guests", external_gateway_info=gateway)
        api.add_interface_to_router(router, subnet_id=subnet.id)
        return network, group

    def boot(self, name: str, zone: str) -> tuple[Any, Any]:
        """Start a server in a zone; returns its port and it, ACTIVE."""
        api = self.cloud.network
        port = api.create_port(name=name, network_id=self._network.id, security_group_ids=[self._group.id])
        server = self.cloud.compute.create_server(
            name=name,
            image_id=self._image.id,
            flavor_id=self._flavor.id,
            networks=[{"port": port.id}],
            key_name="tester",
            availability_zone=zone,
        )
        eventually(f"end of building {name}", 300, lambda: self._status(server) != "BUILD")
        server = self.cloud.compute.get_server(server)
        assert server.status == "ACTIVE", server.fault
        return port, server

    def _status(self, server: Any) -> str:
        return str(self.cloud.compute.get_server(server).status)

    def guest(self, name: str) -> Guest:
        """A guest that runs, once its console has shown its host keys."""
        port, server = self.boot(name, "running")
        floating = self.cloud.network.create_ip(floating_network_id=self._external.id, port_id=port.id)
        address = floating.floating_ip_address

        def host_keys() -> str | None:
            console = self.cloud.compute.get_server_console_output(server)["output"].replace("\r", "")
            found = _HOST_KEYS.search(console)
            return found and found[1]

        keys = eventually(f"host keys of {name} on its console", 180, host_keys)
        known = "".join(f"{address} {' '.join(line.split()[:2])}\n" for line in keys.splitlines() if line)
        (self._folder / f"{name}.known").write_text(known)
        return Guest(name, port.fixed_ips[0]["ip_address"], address, self._folder)


@pytest.fixture(scope="package")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Both clouds, fresh; the directory with each one's `clouds.yaml`."""
    work = tmp_path_factory.mktemp("trial")
    govlab.down(work, (ONE, OTHER))
    govlab.up(work, (ONE, OTHER))
    yield work
    govlab.down(work, (ONE, OTHER))


@pytest.fixture(scope="package")
def neighbourhoods(trial: Path) -> dict[govlab.LabCloud, Neighbourhood]:
    """A neighbourhood per cloud."""
    key = str(trial / "key")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    return {cloud: Neighbourhood(cloud, connect(trial, cloud.plane), trial) for cloud in (ONE, OTHER)}


@pytest.fixture(scope="package")
def guests(neighbourhoods: dict[govlab.LabCloud, Neighbourhood]) -> dict[str, Guest]:
    """Two guests that run in one cloud and one in the other."""
    wanted = {"first": ONE, "second": ONE, "distant": OTHER}
    with ThreadPoolExecutor() as pool:
        booting = {name: pool.submit(neighbourhoods[cloud].guest, name) for name, cloud in wanted.items()}
    return {name: guest.result() for name, guest in booting.items()}
