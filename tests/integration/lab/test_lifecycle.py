"""A cloud comes and goes without a trace, however its coming was cut short."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govcloud import lab as govlab
from govcloud.errors import ToolkitError
from govcloud.lab.layout import HOME, Layout
from govcloud.lab.loops import attached_below
from integration.conftest import connect

CLOUD = govlab.LabCloud("passing", 6)
_UP = """
import sys
from pathlib import Path
from govcloud import lab
lab.up(Path(sys.argv[1]), [lab.LabCloud("passing", 6)])
"""


def traces() -> dict[str, Any]:
    """Everything on this machine by which the cloud could be known."""
    mentions = (
        CLOUD.name,
        str(Layout.of(CLOUD).root),
        CLOUD.link,
        f"10.99.{CLOUD.index}.",
        CLOUD.floating_range,
    )

    def lines(*command: str) -> list[str]:
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return [line for line in told.splitlines() if any(mention in line for mention in mentions)]

    return {
        "processes": _processes(mentions),
        "mounts": [
            line for line in Path("/proc/self/mounts").read_text().splitlines() if CLOUD.plane in line
        ],
        "links": lines("ip", "-o", "link", "show"),
        "addresses": lines("ip", "-o", "address", "show"),
        "routes": lines("ip", "route", "show", "table", "all"),
        "rules": lines("ip", "rule", "show"),
        "namespaces": lines("ip", "netns", "list"),
        "control groups": [str(path) for path in Path("/sys/fs/cgroup").glob(f"**/{CLOUD.name}")],
        "loop devices": list(attached_below(Layout.of(CLOUD).root)),
        "files": [
            str(path)
            for place in (HOME, Path("/run"), Path("/tmp"))
            for path in place.glob(f"*{CLOUD.plane}*")
        ],
    }


def _processes(mentions: tuple[str, ...]) -> list[str]:
    """Those whose arguments or network namespace tell of the cloud."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            group = (process / "cgroup").read_text()
        except OSError:  # it ended while we looked
            continue
        if any(mention in words for mention in mentions) or CLOUD.name in group:
            found.append(words)
    return found


def listing() -> dict[str, set[str]]:
    """What the machine holds, whosever it is, that a cloud could add to without bearing its name."""
    interfaces = json.loads(subprocess.run(["ip", "-j", "link"], check=True, capture_output=True).stdout)
    return {
        "interfaces": {interface["ifname"] for interface in interfaces},
        "namespaces": {path.name for path in Path("/run/netns").glob("*")},
        "lib": {path.name for path in Path("/var/lib").iterdir()},
        "run": {path.name for path in Path("/run").iterdir()},
        "etc": {path.name for path in Path("/etc").iterdir()},
        "control groups": {path.name for path in Path("/sys/fs/cgroup/pids").glob("*/")},
    }


def added(before: dict[str, set[str]]) -> dict[str, set[str]]:
    """What is there now and was not; others may have taken their own away meanwhile."""
    return {kind: names - before[kind] for kind, names in listing().items() if names - before[kind]}


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Path]:
    assert not any(traces().values()), "another run is using this cloud"
    yield tmp_path
    govlab.down(tmp_path, [CLOUD])


def test_a_cloud_leaves_nothing_behind(work: Path) -> None:
    before = listing()
    assert govlab.up(work, [CLOUD])[0].ready
    assert all(traces()[kind] for kind in ("processes", "links", "routes", "namespaces", "files"))

    began = time.monotonic()
    assert govlab.up(work, [CLOUD])[0].ready
    assert time.monotonic() - began < 3

    _use(work)
    govlab.down(work, [CLOUD])

    assert {kind: found for kind, found in traces().items() if found} == {}
    assert added(before) == {}
    assert not (work / CLOUD.plane / "clouds.yaml").exists()


def _use(work: Path) -> None:
    """Boot a guest, so that disks, loop devices and interfaces are in use when the end comes."""
    cloud = connect(work, CLOUD.plane)
    network = cloud.network.create_network(name="guests")
    cloud.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.77.0.0/24")
    image = cloud.create_image(
        "guest", filename=str(govlab.guest_image()), disk_format="qcow2", container_format="bare", wait=True
    )
    flavor = cloud.compute.create_flavor(name="small", ram=256, vcpus=1, disk=2)
    server = cloud.compute.create_server(
        name="guest",
        image_id=image.id,
        flavor_id=flavor.id,
        networks=[{"uuid": network.id}],
        availability_zone="running",
    )
    cloud.compute.wait_for_server(server, wait=180)
    assert attached_below(Layout.of(CLOUD).root)


@pytest.mark.parametrize("seconds", [0.4, 0.8, 1.5, 5])
def test_an_up_killed_at_any_moment_can_be_taken_down(work: Path, seconds: float) -> None:
    before = listing()
    with subprocess.Popen([sys.executable, "-c", _UP, str(work)]) as killed:
        time.sleep(seconds)
        os.kill(killed.pid, signal.SIGKILL)

    govlab.down(work, [CLOUD])

    assert {kind: found for kind, found in traces().items() if found} == {}
    assert added(before) == {}


def test_an_up_killed_half_way_is_finished_by_the_next(work: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _UP, str(work)]) as killed:
        while not Layout.of(CLOUD).state.exists():
            assert killed.poll() is None
            time.sleep(0.05)
        killed.kill()

    assert govlab.up(work, [CLOUD])[0].ready
    assert (work / CLOUD.plane / "clouds.yaml").stat().st_mode & 0o777 == 0o600


def test_a_service_that_ended_is_named_with_its_log(work: Path) -> None:
    govlab.up(work, [CLOUD])
    root = str(Layout.of(CLOUD).root)
    for process in Path("/proc").glob("[0-9]*"):
        words = (process / "cmdline").read_bytes().decode(errors="replace") if process.exists() else ""
        if words.startswith("mariadbd") and root in words:
            os.kill(int(process.name), signal.SIGKILL)

    time.sleep(1)
    assert govlab.status([CLOUD])[0].failed == ("mariadb",)
    with pytest.raises(ToolkitError, match="mariadb ended") as caught:
        govlab.up(work, [CLOUD])
    assert "mariadb.log" in str(caught.value.remedy)


def test_down_without_a_cloud_does_nothing(work: Path) -> None:
    before = listing()

    govlab.down(work, [CLOUD])

    assert added(before) == {}
