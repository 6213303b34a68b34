"""What the machine must have before a cloud is brought up: everything missing is told at once."""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from govcloud.errors import ToolkitError
from govcloud.lab.builds import cache_root
from govcloud.lab.clouds import LabCloud
from govcloud.lab.commands import run
from govcloud.lab.environment import lacks_installer

# Debian package and a file of it whose presence shows that it is installed.
_PACKAGES = {
    "e2fsprogs": "/usr/sbin/mke2fs",
    "ethtool": "/usr/sbin/ethtool",
    "gcc": "/usr/bin/gcc",
    "haproxy": "/usr/sbin/haproxy",
    "iproute2": "/usr/bin/ip",
    "iptables": "/usr/sbin/iptables",
    "iputils-ping": "/usr/bin/ping",
    "libc6-dev": "/usr/include/stdio.h",
    "libmariadb-dev": "/usr/bin/mariadb_config",
    "libvirt-daemon": "/usr/sbin/libvirtd",
    "libvirt-daemon-driver-lxc": "/usr/lib/libvirt/libvirt_lxc",
    "libvirt-daemon-system": "/usr/share/polkit-1/rules.d/60-libvirt.rules",
    "libvirt-dev": "/usr/include/libvirt/libvirt.h",
    "mariadb-server": "/usr/sbin/mariadbd",
    "mmdebstrap": "/usr/bin/mmdebstrap",
    "openssh-client": "/usr/bin/ssh",
    "openvswitch-switch": "/usr/sbin/ovs-vswitchd",
    "ovn-central": "/usr/bin/ovn-northd",
    "ovn-host": "/usr/bin/ovn-controller",
    "pkg-config": "/usr/bin/pkg-config",
    "procps": "/usr/bin/ps",
    "python3": "/usr/bin/python3",
    "python3-dev": "/usr/bin/python3-config",
    "qemu-utils": "/usr/bin/qemu-img",
    "rabbitmq-server": "/usr/lib/rabbitmq/bin/rabbitmq-server",
    "sudo": "/usr/bin/sudo",
    "util-linux": "/usr/bin/unshare",
}
_FREE_MEMORY_PER_CLOUD = 3 * 1024**3
_FREE_DISK_BUILT = 6 * 1024**3
_FREE_DISK_PER_CLOUD = 4 * 1024**3


def packages() -> tuple[str, ...]:
    """The Debian packages that a machine needs to bear the lab."""
    return tuple(_PACKAGES)


def missing_packages(root: Path = Path("/")) -> tuple[str, ...]:
    """Those of them that are not installed."""
    return tuple(name for name, file in _PACKAGES.items() if not (root / file.lstrip("/")).exists())


def check(clouds: Sequence[LabCloud]) -> None:
    """Raise one ToolkitError that lists everything this machine lacks to bring `clouds` up."""
    lacking = [*_rights(), *_software(), *_room(len(clouds))]
    if not lacking:  # looking for addresses takes the tools that may be missing
        lacking = [line for cloud in clouds for line in _taken(cloud)]
    if lacking:
        lines = "".join(f"\n  - {what}: {remedy}" for what, remedy in lacking)
        raise ToolkitError(
            f"this machine cannot bear the lab yet:{lines}", "lab", "mend each point, then run it again"
        )


def _rights() -> Iterator[tuple[str, str]]:
    if os.geteuid() != 0:
        yield "you are not root", "run it with sudo"


def _software() -> Iterator[tuple[str, str]]:
    if missing := missing_packages():
        command = f"apt-get install --no-install-recommends {' '.join(missing)}"
        yield f"Debian packages are missing: {', '.join(missing)}", f"on Debian 12 run `{command}`"
    if lacks_installer():
        yield "uv is not installed", "run `./dev setup`, which brings it"


def _room(clouds: int) -> Iterator[tuple[str, str]]:
    memory = _available_memory()
    wanted = clouds * _FREE_MEMORY_PER_CLOUD
    if memory < wanted:
        yield f"{_gib(memory)} of memory are free and {_gib(wanted)} are needed", "end other programs"
    for place, needed, change in (
        (Path("/var/lib"), clouds * _FREE_DISK_PER_CLOUD, "free some"),
        (cache_root(), _FREE_DISK_BUILT, "free some, or set GOVCLOUD_CACHE to a directory with more"),
    ):
        free = shutil.disk_usage(_nearest(place)).free
        if free < needed:
            yield f"{_gib(free)} of disk are free at {place} and {_gib(needed)} are needed", change


def _nearest(place: Path) -> Path:
    return next(directory for directory in (place, *place.parents) if directory.exists())


def _available_memory() -> int:
    fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    return int(fields["MemAvailable"].split()[0]) * 1024


def _gib(size: int) -> str:
    return f"{size / 1024**3:.1f} GiB"


def _taken(cloud: LabCloud) -> Iterator[tuple[str, str]]:
    """The cloud's prefixes, where something else of this machine already has them."""
    wanted = [ipaddress.ip_network(prefix) for prefix in (cloud.management_range, cloud.floating_range)]
    for route in json.loads(run(["ip", "-json", "-4", "route", "show", "table", "all"])):
        if route["dst"] == "default" or route.get("dev") == cloud.link:
            continue
        there = ipaddress.ip_network(route["dst"], strict=False)
        if there.prefixlen > 0 and any(there.overlaps(prefix) for prefix in wanted):
            remedy = "remove that address or route, or take the cloud to which it belongs down"
            yield (
                f"{route['dst']} on {route.get('dev', '?')} lies in the ranges of cloud {cloud.plane}",
                remedy,
            )
