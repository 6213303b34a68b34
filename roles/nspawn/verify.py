"""What a server that runs a whole machine is: `govcloud configure` runs this there; it only reads."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Found = tuple[str, bool, str]
ROOTS = Path("/var/lib/machines")
SETTINGS = Path("/etc/systemd/nspawn")


def findings(_: dict[str, Any]) -> Iterator[Found]:
    place = shutil.which("systemd-nspawn")
    yield "it can run a root of its own", place is not None, str(place)
    mode = f"{ROOTS.stat().st_mode & 0o7777:o}" if ROOTS.is_dir() else "missing"
    yield "roots are looked into by root alone", mode == "700", mode
    for settings in sorted(SETTINGS.glob("*.nspawn")):
        yield from runs(settings.stem)


def runs(name: str) -> Iterator[Found]:
    """What is to start with the server runs."""
    unit = f"systemd-nspawn@{name}.service"
    enabled, active = said("is-enabled", unit), said("is-active", unit)
    if enabled == "enabled":
        yield f"{name} runs", active == "active", active


def said(*words: str) -> str:
    ended = subprocess.run(["systemctl", *words], capture_output=True, text=True, check=False)
    return ended.stdout.strip()
