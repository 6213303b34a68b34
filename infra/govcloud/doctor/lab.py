"""The lab: how its clouds do, and whether this machine can bear those that are still to be raised."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import psutil

from govcloud.doctor.finding import Finding, note, ok, unknown, wrong
from govcloud.lab import LabCloud, missing_packages, packages, preflight, status
from govcloud.lab.environment import lacks_installer, uv
from govcloud.lab.layout import Layout

AFRESH = "`govcloud lab down`, then `govcloud lab up`"


def clouds(all_of_it: Sequence[LabCloud], needed: Sequence[LabCloud]) -> Iterator[Finding]:
    """Each cloud's state; one that is down is wrong only where a plane's `clouds.yaml` leads to it."""
    for one in status(all_of_it):
        subject, log = f"cloud {one.cloud.plane}", Layout.of(one.cloud).log
        if one.ready:
            yield ok(subject, f"ready, its APIs at {one.cloud.address}")
        elif one.failed:
            yield wrong(
                subject, f"ended: {', '.join(one.failed)}", f"read {log}/{one.failed[0]}.log; {AFRESH}"
            )
        elif one.alive:
            waiting = [name for name, state in one.units.items() if state != "ready"]
            yield note(subject, f"starting: {', '.join(waiting)}", "`govcloud lab up` waits for it")
        elif one.stands:
            yield wrong(subject, "nothing of it runs, and what is left of it is in the way", AFRESH)
        else:
            tell = wrong if one.cloud in needed else note
            yield tell(subject, "down", "`govcloud lab up` brings it up")


def to_raise(needed: Sequence[LabCloud]) -> list[LabCloud]:
    """Those of them that are down; none when this cannot be seen, which `clouds` then tells."""
    try:
        return [one.cloud for one in status(needed) if not one.stands]
    except (OSError, ValueError):
        return []


def machine(raising: Sequence[LabCloud], root: Path = Path("/")) -> Iterator[Finding]:
    """What the lab asks of this machine; a lack is wrong only while a cloud is to be raised."""
    tell = wrong if raising else note
    yield from _told(tell, "root", "you are root", preflight._rights())
    if missing := missing_packages(root):
        command = f"apt-get install --no-install-recommends {' '.join(missing)}"
        yield tell("Debian packages", f"missing: {', '.join(missing)}", f"on Debian 12 run `{command}`")
    else:
        yield ok("Debian packages", f"all {len(packages())} are installed")
    yield _installer(tell)


def room(raising: Sequence[LabCloud]) -> Iterator[Finding]:
    """Memory, disk and addresses for the clouds that are still to be raised."""
    names = ", ".join(cloud.plane for cloud in raising)
    if not raising:
        yield ok("memory", f"{_free_memory()} free; no cloud is to be raised")
        return
    enough = f"{_free_memory()} of memory free, and disk enough for {names}"
    yield from _told(wrong, "memory and disk", enough, preflight._room(len(raising)))
    if missing_packages():
        yield unknown(
            "addresses", "the tools that show them are missing", "install the Debian packages first"
        )
        return
    taken = (line for cloud in raising for line in preflight._taken(cloud))
    yield from _told(wrong, "addresses", f"free for {names}", taken)


def _free_memory() -> str:
    return f"{psutil.virtual_memory().available / 1024**3:.1f} GiB"


def _installer(tell: Callable[[str, str, str], Finding]) -> Finding:
    found = uv()
    if found is not None:
        return ok("uv", str(found))
    if lacks_installer():
        return tell("uv", "it is not installed", "run `./dev setup`, which brings it")
    return ok("uv", "none is here, and none is needed: the services are built")


def _told(
    tell: Callable[[str, str, str], Finding], subject: str, well: str, lacking: Iterable[tuple[str, str]]
) -> Iterator[Finding]:
    """A finding for each thing that the lab's own preflight finds lacking, or that there is none."""
    found = list(lacking)
    yield from (tell(subject, what, remedy) for what, remedy in found)
    if not found:
        yield ok(subject, well)
