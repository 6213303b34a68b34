"""What a cloud's processes see of the machine: their own control groups, run-time folders and state."""

from __future__ import annotations

import socket
from pathlib import Path

from govcloud.lab import cgroups
from govcloud.lab.clouds import LabCloud
from govcloud.lab.commands import run
from govcloud.lab.layout import Layout

_CONTROL_GROUPS = Path("/sys/fs/cgroup")
# Where the daemons keep what would be shared between clouds, and where it goes below the cloud's root.
_OWN = {
    "/etc/libvirt": "etc/libvirt",
    "/etc/openvswitch": "etc/openvswitch",
    "/etc/hosts": "etc/hosts",
    "/var/cache/libvirt": "data/libvirt-cache",
    "/var/lib/libvirt": "data/libvirt",
    "/var/lib/openvswitch": "data/openvswitch",
    "/var/lib/ovn": "data/ovn",
    "/var/lib/rabbitmq": "data/rabbitmq",
    "/var/log": "log",
}
_RUN_TIME = ("openvswitch", "ovn", "libvirt", "netns", "lock")


def settle(cloud: LabCloud, layout: Layout) -> None:
    """Arrange this (already private) mount namespace; called once, by the cloud's first process."""
    socket.sethostname(cloud.name)
    trees = cgroups.hierarchies()
    run(["umount", "--recursive", "--lazy", "/sys"])
    run(["mount", "-t", "sysfs", "sysfs", "/sys"])  # anew, so that it shows this network namespace
    _mount_control_groups(trees)
    run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"])
    for name in _RUN_TIME:
        (Path("/run") / name).mkdir()
    for place, own in _OWN.items():
        run(["mount", "--bind", layout.root / own, place])


def make_folders(cloud: LabCloud, layout: Layout) -> None:
    """Make, on the host's side, every folder that `settle` binds and the services expect."""
    folders = [own for place, own in _OWN.items() if place != "/etc/hosts"]
    expected = [
        "run",
        "tmp",
        "data/images",
        "data/nova/instances",
        "data/nova-simulated/instances",
        "data/locks",
        "data/neutron",
    ]
    for name in [*folders, *expected]:
        (layout.root / name).mkdir(parents=True, exist_ok=True)
    (layout.etc / "hosts").write_text(f"127.0.0.1 localhost {cloud.name}\n")


def _mount_control_groups(trees: tuple[cgroups.Hierarchy, ...]) -> None:
    """Show the cloud its own group as the root of each tree, so that two clouds' guests never share a name.

    Beside version 1 trees a version 2 tree carries no controllers, and libvirt stumbles over it: left out.
    """
    controllers = [tree for tree in trees if tree.version == 1]
    if not controllers:
        run(["mount", "-t", "cgroup2", "cgroup2", _CONTROL_GROUPS])
        _make_room()
        return
    run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", _CONTROL_GROUPS])
    for tree in controllers:
        tree.path.mkdir()
        names = [
            option for option in tree.options if option not in ("rw", "relatime", "nosuid", "nodev", "noexec")
        ]
        run(["mount", "-t", "cgroup", "-o", ",".join(names), "cgroup", tree.path])


def _make_room() -> None:
    """In version 2 a group that hands controllers on holds no processes itself: step aside."""
    services = _CONTROL_GROUPS / "services"
    services.mkdir()
    for process in (_CONTROL_GROUPS / "cgroup.procs").read_text().split():
        (services / "cgroup.procs").write_text(process)
