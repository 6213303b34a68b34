"""A control group per cloud: the one register of everything that runs in it, whoever started it."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from govcloud.errors import ToolkitError

_MOUNTS = Path("/proc/self/mounts")
_END_SECONDS = 20
_PAUSE_SECONDS = 0.05


@dataclass(frozen=True)
class Hierarchy:
    """One mounted control group tree; `options` are its mount's: of version 1, the controllers."""

    path: Path
    version: int
    options: tuple[str, ...]


def hierarchies() -> tuple[Hierarchy, ...]:
    """The trees of this machine: several of version 1, one of version 2, or both."""
    versions = {"cgroup": 1, "cgroup2": 2}
    fields = [line.split() for line in _MOUNTS.read_text().splitlines()]
    found = [
        Hierarchy(Path(at), versions[kind], tuple(how.split(",")))
        for _, at, kind, how, *_ in fields
        if kind in versions
    ]
    return tuple({tree.path: tree for tree in found}.values())


def create(name: str) -> None:
    """Make the group in every tree, ready to hold processes."""
    for tree in hierarchies():
        group = tree.path / name
        group.mkdir(exist_ok=True)
        for setting in (
            "cpuset.cpus",
            "cpuset.mems",
        ):  # version 1 starts them empty, and then nothing may enter
            if tree.version == 1 and (group / setting).exists():
                (group / setting).write_text((tree.path / setting).read_text())


def enter(name: str) -> None:
    """Move this process, and so all it will start, into the group."""
    for tree in hierarchies():
        (tree.path / name / "cgroup.procs").write_text(str(os.getpid()))


def exists(name: str) -> bool:
    """Whether any tree holds the group."""
    return any((tree.path / name).is_dir() for tree in hierarchies())


def processes(name: str) -> set[int]:
    """The ids of all processes in the group and below, as this process namespace numbers them."""
    found: set[int] = set()
    for tree in hierarchies():
        for file in (tree.path / name).glob("**/cgroup.procs"):
            with contextlib.suppress(FileNotFoundError):  # a group that ended while we looked
                found.update(int(line) for line in file.read_text().split())
    return found - {0}


def end(name: str) -> None:
    """Kill everything in the group and remove it. Raises ToolkitError when something will not end."""
    give_up = time.monotonic() + _END_SECONDS
    while exists(name):
        left = processes(name)
        if time.monotonic() > give_up:
            raise ToolkitError(
                f"processes {sorted(left)} do not end", name, "see `ps` for what they wait for"
            )
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        if left:
            time.sleep(_PAUSE_SECONDS)
        else:
            _remove(name)


def _remove(name: str) -> None:
    for tree in hierarchies():
        for group in sorted((tree.path / name).glob("**/"), reverse=True):
            with contextlib.suppress(OSError):  # someone entered just now: to be killed at the next turn
                group.rmdir()
