"""A cloud comes and goes without a trace, however its coming was cut short."""

from __future__ import annotations

import json
import os
import re
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
from integration.lab.conftest import upload_guest_image

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
        words = _words(process)  # none: it has ended and waits for its parent to notice
        if words and (any(mention in words for mention in mentions) or CLOUD.name in _group(process)):
            found.append(words)
    return found


def _words(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
    except OSError:  # it ended while we looked
        return ""


def _group(process: Path) -> str:
    try:
        return (process / "cgroup").read_text()
    except OSError:  # it ended while we looked
        return ""


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


@pytest.fixture(scope="module")
def before() -> dict[str, set[str]]:
    assert not any(traces().values()), "another run is using this cloud"
    return listing()


@pytest.fixture(scope="module")
def work(before: dict[str, set[str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    work = tmp_path_factory.mktemp("work")
    yield work
    govlab.down(work, [CLOUD])


@pytest.fixture(scope="module")
def standing(work: Path) -> Path:
    """The cloud, brought up by a run that was killed half-way and by a second one."""
    with subprocess.Popen([sys.executable, "-c", _UP, str(work)]) as killed:
        while not Layout.of(CLOUD).state.exists():
            assert killed.poll() is None
            time.sleep(0.05)
        killed.kill()
    assert not govlab.status([CLOUD])[0].ready
    govlab.up(work, [CLOUD])
    return work


def test_down_without_a_cloud_does_nothing(work: Path, before: dict[str, set[str]]) -> None:
    govlab.down(work, [CLOUD])

    assert added(before) == {}


@pytest.mark.parametrize("seconds", [0.3, 0.6, 1, 2, 6])
def test_an_up_killed_at_any_moment_can_be_taken_down(
    work: Path, before: dict[str, set[str]], seconds: float
) -> None:
    with subprocess.Popen([sys.executable, "-c", _UP, str(work)]) as killed:
        time.sleep(seconds)
        os.kill(killed.pid, signal.SIGKILL)

    govlab.down(work, [CLOUD])

    assert {kind: found for kind, found in traces().items() if found} == {}
    assert added(before) == {}


def test_what_a_killed_up_left_without_life_is_told_and_not_waited_for(work: Path) -> None:
    Layout.of(CLOUD).root.mkdir(parents=True)

    with pytest.raises(ToolkitError, match="nothing of it runs") as caught:
        govlab.up(work, [CLOUD])

    assert "lab down" in str(caught.value.remedy)
    govlab.down(work, [CLOUD])


def test_an_up_killed_half_way_is_finished_by_the_next(standing: Path) -> None:
    assert govlab.status([CLOUD])[0].ready
    assert (standing / CLOUD.plane / "clouds.yaml").stat().st_mode & 0o777 == 0o600


def test_a_fresh_cloud_has_its_zones_and_nothing_else(standing: Path) -> None:
    cloud = connect(standing, CLOUD.plane)

    assert {zone.name for zone in cloud.compute.availability_zones()} >= {"running", "simulated"}
    assert {project.name for project in cloud.identity.projects()} == {"admin", "service"}
    made = [cloud.network.networks(), cloud.compute.flavors(is_public=None), cloud.image.images()]
    assert [thing for things in made for thing in things] == []


def test_a_second_up_says_at_once_that_the_cloud_stands(standing: Path) -> None:
    began = time.monotonic()

    assert govlab.up(standing, [CLOUD])[0].ready
    assert time.monotonic() - began < 3


def test_no_password_is_in_a_process_list(standing: Path) -> None:
    told = (Layout.of(CLOUD).secrets).read_text()
    passwords = [word for word in re.findall(r'"([^"]+)"', told) if len(word) >= 32]
    assert passwords

    assert not [words for words in traces()["processes"] if any(password in words for password in passwords)]


def test_nothing_of_a_standing_cloud_is_readable_for_others(standing: Path) -> None:
    assert HOME.stat().st_mode & 0o777 == 0o700
    assert Layout.of(CLOUD).root.stat().st_mode & 0o777 == 0o700


def test_a_unit_that_ended_is_named_with_its_log(standing: Path) -> None:
    watchers = [
        int(process.name)
        for process in Path("/proc").glob("[0-9]*")
        if f"govcloud.lab.links {CLOUD.plane} {CLOUD.index}" in _words(process)
    ]
    assert watchers
    for watcher in watchers:
        os.kill(watcher, signal.SIGKILL)

    time.sleep(1)
    assert govlab.status([CLOUD])[0].failed == ("links",)
    with pytest.raises(ToolkitError, match="links ended") as caught:
        govlab.up(standing, [CLOUD])
    assert "links.log" in str(caught.value.remedy)


def test_down_leaves_nothing_of_a_cloud_with_a_running_guest(
    standing: Path, before: dict[str, set[str]]
) -> None:
    assert all(traces()[kind] for kind in ("processes", "links", "routes", "rules", "namespaces", "files"))
    _boot_a_guest(standing)
    assert attached_below(Layout.of(CLOUD).root)

    govlab.down(standing, [CLOUD])

    assert {kind: found for kind, found in traces().items() if found} == {}
    assert added(before) == {}
    assert not (standing / CLOUD.plane / "clouds.yaml").exists()


def _boot_a_guest(work: Path) -> None:
    """So that disks, loop devices and interfaces are in use when the end comes."""
    cloud = connect(work, CLOUD.plane)
    network = cloud.network.create_network(name="guests")
    cloud.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.77.0.0/24")
    image = upload_guest_image(cloud)
    flavor = cloud.compute.create_flavor(name="small", ram=256, vcpus=1, disk=2)
    server = cloud.compute.create_server(
        name="guest",
        image_id=image.id,
        flavor_id=flavor.id,
        networks=[{"uuid": network.id}],
        availability_zone="running",
    )
    cloud.compute.wait_for_server(server, wait=180)
