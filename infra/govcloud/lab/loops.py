"""Loop devices over guests' disks: Nova attaches them for the whole machine, beyond any namespace."""

from __future__ import annotations

import json
from pathlib import Path

from govcloud.lab.commands import run


def attached_below(directory: Path) -> tuple[str, ...]:
    """The loop devices whose file lies below `directory`, deleted files included."""
    listed = run(["losetup", "--list", "--json", "--output", "NAME,BACK-FILE"])
    devices = json.loads(listed)["loopdevices"] if listed.strip() else []
    return tuple(
        device["name"] for device in devices if (device["back-file"] or "").startswith(f"{directory}/")
    )


def detach_below(directory: Path) -> None:
    """Detach them; whoever used them must have ended."""
    for device in attached_below(directory):
        run(["losetup", "--detach", device])
