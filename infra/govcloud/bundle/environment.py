"""The virtual environment of an installation, made from the bundle's own wheels and nothing else."""

from __future__ import annotations

import shutil
import stat
import zipfile
from pathlib import Path

from govcloud.bundle.commands import plain_environment, run
from govcloud.bundle.contents import REMEDY, REQUIREMENTS
from govcloud.errors import ToolkitError

_UV = "uv-*.whl"
_PROGRAM = "scripts/uv"
_SECONDS = 600
_HERE_ALONE = ("--offline", "--no-config", "--no-cache", "--quiet")


def make_environment(root: Path, python: Path) -> Path:
    """Make `root/venv` from `root/wheels`, by hashes; it may be moved afterwards.

    Neither pip nor Debian's python3-venv need be there: the installer is one of the wheels.
    """
    venv, wheels = root / "venv", root / "wheels"
    installer = _installer(wheels, root / "installer")
    run(
        [installer, "venv", *_HERE_ALONE, "--relocatable", "--no-python-downloads", "--python", python, venv],
        "the environment could not be made",
        "name a Python that works with --python",
        environment=plain_environment(),
    )
    hashed: list[str | Path] = [
        "--no-index",
        "--find-links",
        wheels,
        "--require-hashes",
        "--no-deps",
        "--compile-bytecode",
    ]
    run(
        [
            *(installer, "pip", "install"),
            *_HERE_ALONE,
            *hashed,
            *("--link-mode", "copy", "--python", venv / "bin" / "python", "-r", root / REQUIREMENTS),
        ],
        "the wheels could not be installed",
        REMEDY,
        environment=plain_environment(),
        seconds=_SECONDS,
    )
    installer.unlink()
    return venv


def _installer(wheels: Path, program: Path) -> Path:
    """`uv`, taken out of its wheel, which the manifest has vouched for."""
    found = sorted(wheels.glob(_UV))
    if len(found) != 1:
        raise ToolkitError(f"it has {len(found)} wheels of uv instead of one", str(wheels), REMEDY)
    with zipfile.ZipFile(found[0]) as wheel:
        name = next((name for name in wheel.namelist() if name.endswith(_PROGRAM)), None)
        if name is None:
            raise ToolkitError(f"it has no {_PROGRAM}", found[0].name, REMEDY)
        with wheel.open(name) as source, program.open("xb") as target:
            shutil.copyfileobj(source, target)
    program.chmod(stat.S_IRWXU)
    return program
