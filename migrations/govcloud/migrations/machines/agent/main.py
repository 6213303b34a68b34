"""Does one thing that is wished, in JSON on standard input, and answers in JSON. Plain Python 3.7."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from typing import Any

from govcloud.migrations.machines.agent import containers, disks, leading, units


def look(_: dict[str, Any]) -> dict[str, Any]:
    """What the host is, as far as it matters for moving it whole."""
    with open("/proc/1/comm", encoding="utf-8") as stream:
        first = stream.read().strip()
    return {
        "first": first,
        "machine": platform.machine(),
        "patterns": disks.patterns(),
        "left": list(disks.left_out()),
        "used": sum(used(one["place"]) for one in disks.carried()),
        "ports": leading.listening(),
        "leads": os.path.exists(leading.PROXY),
    }


def used(place: str) -> int:
    """Bytes that a file system holds."""
    found = os.statvfs(place)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def room(wanted: dict[str, Any]) -> dict[str, Any]:
    """What a server has for a root that comes."""
    os.makedirs(containers.ROOTS, 0o700, exist_ok=True)
    return {
        "machine": platform.machine(),
        "nspawn": shutil.which("systemd-nspawn") is not None,
        "made": os.path.exists(os.path.join(containers.ROOTS, wanted["name"])),
        "free": shutil.disk_usage(containers.ROOTS).free,
        "ports": leading.listening(),
    }


def fence(_: dict[str, Any]) -> dict[str, Any]:
    """Have the disks refuse writes."""
    return {"writers": disks.hold(), "fenced": disks.held()}


def watch(_: dict[str, Any]) -> dict[str, Any]:
    """Whether they still do."""
    return {"writers": disks.writers(), "fenced": disks.held()}


def unfence(_: dict[str, Any]) -> dict[str, Any]:
    """Have them take writes."""
    disks.let_go()
    return {"writers": [], "fenced": disks.held()}


def started(_: dict[str, Any]) -> dict[str, Any]:
    """Have all run that ran."""
    disks.let_go()
    units.start()
    return {}


def stop(wanted: dict[str, Any]) -> dict[str, Any]:
    """Stop what runs."""
    return units.stop(wanted["seconds"], leading.listening())


def lead(wanted: dict[str, Any]) -> dict[str, Any]:
    """Lead people on, from the ports at which they were answered to those that are open."""
    leading.lead_no_more()
    answered = [one["port"] for one in units.recorded()["ports"] if one["program"] not in leading.WAYS_IN]
    ports = [port for port in answered if any(first <= port <= last for first, last in wanted["opened"])]
    leading.lead(ports, wanted["address"])
    return {"ports": ports}


def lead_no_more(_: dict[str, Any]) -> dict[str, Any]:
    """Lead nobody on."""
    leading.lead_no_more()
    return {}


def make(wanted: dict[str, Any]) -> dict[str, Any]:
    """Have room for a root."""
    containers.make(wanted["name"], wanted["alone"])
    return {}


def run(wanted: dict[str, Any]) -> dict[str, Any]:
    """Run a root."""
    return {"state": containers.start(wanted["name"], wanted["seconds"])}


def end(wanted: dict[str, Any]) -> dict[str, Any]:
    """Shut one down."""
    containers.stop(wanted["name"])
    return {}


def remove(wanted: dict[str, Any]) -> dict[str, Any]:
    """Take one away."""
    containers.remove(wanted["name"])
    return {}


ACTS = {
    "look": look,
    "room": room,
    "stop": stop,
    "start": started,
    "fence": fence,
    "watch": watch,
    "unfence": unfence,
    "lead": lead,
    "lead no more": lead_no_more,
    "make": make,
    "run": run,
    "end": end,
    "remove": remove,
}


def main() -> None:
    """Do it, and tell how that went."""
    wanted = json.load(sys.stdin)
    try:
        answer = ACTS[wanted["do"]](wanted)
    except OSError as error:
        place = ": %s" % error.filename if error.filename else ""
        answer = {"error": (error.strerror or str(error)) + place}
    json.dump(answer, sys.stdout)
