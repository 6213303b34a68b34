"""The virtual environment of the OpenStack services, exactly as `requirements.lock` pins it."""

from __future__ import annotations

import os
import shutil
import sys
from importlib import resources
from pathlib import Path

from govcloud.lab.builds import build_once, digest, is_built
from govcloud.lab.commands import bound_to_us, run

# The release that libvirt's binding is compiled against; Debian 12's own.
PYTHON = Path("/usr/bin/python3")


def lock_digest() -> str:
    """What the services are made from, in short."""
    return digest(_lock().read_bytes())


def environment() -> Path:
    """Keystone, Glance, Placement, Nova and Neutron; built on first use (a minute or two)."""
    return build_once("openstack", lock_digest(), _build) / "venv"


def lacks_installer() -> bool:
    """Whether it must still be built and there is nothing to build it with."""
    return not is_built("openstack", lock_digest()) and uv() is None


def _lock() -> Path:
    return Path(str(resources.files("govcloud.lab") / "requirements.lock"))


def _build(directory: Path) -> None:
    installer = str(uv())  # the preflight has seen it
    run([installer, "venv", "--quiet", "--relocatable", "--python", PYTHON, directory / "venv"])
    # Compiled here: the services start from a directory that nothing writes to afterwards.
    install = [
        installer,
        "pip",
        "install",
        "--quiet",
        "--require-hashes",
        "--compile-bytecode",
        "--link-mode",
        "copy",
    ]
    run(
        bound_to_us([*install, "--python", directory / "venv/bin/python", "-r", _lock()]),
        # Packages are built by programs of their own, which must not find other modules under their names.
        environment={name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
        log=directory / "install.log",
        remedy="see that this machine reaches a Python package index, then run it again",
        seconds=1800,
    )


def uv() -> Path | None:
    """The installer: beside this Python, where `dev` puts it, or on the path."""
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    return Path(found) if found else None
