"""Takes entries away: those that are gone at the source, and what a run that was killed left aside."""

from __future__ import annotations

import os
import stat
from typing import AbstractSet as Set

from govcloud.migrations.files.agent.wire import DIRECTORY

MADE_UP = (
    "proc",
    "sysfs",
    "devtmpfs",
    "devpts",
    "cgroup",
    "cgroup2",
    "debugfs",
    "tracefs",
    "securityfs",
    "autofs",
)


def remove(above: int, last: bytes) -> None:
    """Take away an entry, and all below it."""
    status = os.stat(last, dir_fd=above, follow_symlinks=False)
    if not stat.S_ISDIR(status.st_mode):
        os.unlink(last, dir_fd=above)
        return
    below = os.open(last, DIRECTORY, dir_fd=above)
    try:
        for one in os.listdir(below):
            remove(below, os.fsencode(one))
    finally:
        os.close(below)
    os.rmdir(last, dir_fd=above)


def sweep(folder: int, ours: bytes, kernels: Set[int]) -> None:
    """Take away what a run that was killed left aside, but not in the kernel's own trees; closes the directory."""
    try:
        for last in [os.fsencode(one) for one in os.listdir(folder)]:
            status = os.stat(last, dir_fd=folder, follow_symlinks=False)
            if last.startswith(ours):
                os.unlink(last, dir_fd=folder)
            elif stat.S_ISDIR(status.st_mode) and status.st_dev not in kernels:
                sweep(os.open(last, DIRECTORY, dir_fd=folder), ours, kernels)
    finally:
        os.close(folder)


def kernels() -> Set[int]:
    """The devices of file systems that the kernel makes up: below `/` there are some."""
    found = set()
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as stream:
        for line in stream:
            words = line.split(" ")
            if words[words.index("-") + 1] in MADE_UP:
                major, _, minor = words[2].partition(":")
                found.add(os.makedev(int(major), int(minor)))
    return found
