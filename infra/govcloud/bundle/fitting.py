"""Whether a bundle is meant for this site, machine and Python, and whether there is room for it."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from govcloud.bundle.commands import plain_environment, run
from govcloud.bundle.contents import Manifest
from govcloud.errors import ToolkitError

_ASK = "import platform, sys; print('cp%d%d' % sys.version_info[:2], platform.machine())"
_UNPACKED = 2
"""How many times its size a wheel takes, unpacked and compiled; measured: 1.8 over all of them."""
_SLACK = 64 * 1024 * 1024


@dataclass(frozen=True)
class Target:
    """What a bundle is made for: a machine (`uname -m`) and a Python (a tag like `cp311`)."""

    machine: str
    python: str


def base_python() -> Path:
    """The interpreter that this process's environment was made from."""
    return Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"


def target_of(python: Path) -> Target:
    """What that interpreter says that it and its machine are."""
    remedy = "name a Python 3.11 or newer with --python"
    said = run(
        [python, "-I", "-c", _ASK], f"{python} was asked what it is", remedy, environment=plain_environment()
    )
    tag, machine = said.split()
    return Target(machine, tag)


def demand_site(manifest: Manifest, site: str | None, where: str) -> None:
    """ToolkitError when the bundle is another site's; None accepts any."""
    if site is not None and manifest.site != site:
        remedy = f"bring the bundle of {site}, or install that of {manifest.site} elsewhere"
        raise ToolkitError(f"it is a bundle for site {manifest.site}, not for {site}", where, remedy)


def demand_target(manifest: Manifest, target: Target, where: str) -> None:
    """ToolkitError when the bundle's programs are for another machine or Python."""
    if manifest.machine != target.machine:
        what = f"it is a bundle for {manifest.machine} and this machine is {target.machine}"
        raise ToolkitError(what, where, f"make one on a machine that is {target.machine} too")
    if manifest.python != target.python:
        what = f"it is a bundle for Python {manifest.python} and this is {target.python}"
        raise ToolkitError(what, where, "name the right one with --python, or make one with the Python here")


def demand_room(manifest: Manifest, place: Path) -> None:
    """ToolkitError unless the disk of `place` has room for the installation beside what is there."""
    wheels = sum(member.size for member in manifest.below("wheels"))
    needed = manifest.size + _UNPACKED * wheels + _SLACK
    nearest = next(directory for directory in (place, *place.parents) if directory.exists())
    free = shutil.disk_usage(nearest).free
    if free < needed:
        seen = f"{free / 1024**2:,.0f} MiB are free and {needed / 1024**2:,.0f} MiB are needed"
        raise ToolkitError(seen, str(nearest), "free some, or install where there is more")
