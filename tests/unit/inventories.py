"""Copies of the minimal inventory in which something is changed, as a person would change it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from govcloud.topology.addresses import allocate

MINIMAL = Path(__file__).parents[2] / "inventories" / "minimal"


def copied(directory: Path, name: str = "site") -> Path:
    """The minimal inventory, for changing."""
    return Path(shutil.copytree(MINIMAL, directory / name))


def edit(root: Path, file: str, old: str, new: str) -> None:
    """Change a text in one file, where it stands once."""
    path = root / file
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} in {file}"
    path.write_text(text.replace(old, new), "utf-8")


def say(root: Path, file: str, line: str) -> None:
    """Add a line behind a thing's id."""
    path = root / file
    text = path.read_text("utf-8")
    path.write_text(re.sub(r"^(id: .*\n)", rf"\1{line}\n", text, count=1, flags=re.M), "utf-8")


def rename(root: Path, file: str, new: str, *former: str) -> Path:
    """Give a thing another id, in its file and wherever it is named; `former` are the ids that it had.

    What belongs to a plane is named in that plane alone.
    """
    path = root / file
    old, plane = path.stem, root / file.partition("/")[0]
    within = plane if (plane / "plane.yaml").exists() else root
    for other in within.rglob("*.yaml"):
        if not other.name.endswith(".lock.yaml"):
            text = other.read_text("utf-8")
            other.write_text(re.sub(rf"(?<![a-z0-9-]){old}(?![a-z0-9-])", new, text), "utf-8")
    renamed = path.rename(path.with_name(f"{new}.yaml"))
    if former:
        say(root, renamed.relative_to(root).as_posix(), f"moved_from: [{', '.join(former)}]")
    return renamed


def record(root: Path) -> None:
    """What `topology addresses --write` does."""
    for plane in allocate(root):
        plane.record()
