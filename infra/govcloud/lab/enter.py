"""`python -m govcloud.lab.enter PLANE INDEX`: prepare a cloud and become its first process."""

from __future__ import annotations

import os
import sys

from govcloud.lab import cgroups
from govcloud.lab.clouds import LabCloud
from govcloud.lab.inside import settle
from govcloud.lab.layout import Layout
from govcloud.lab.preparation import prepare

_OWN_NAMESPACES = (
    "--mount",
    "--propagation",
    "private",
    "--pid",
    "--fork",
    "--mount-proc",
    "--cgroup",
    "--uts",
    "--ipc",
)


def leave_host(cloud: LabCloud) -> None:
    """Enter the cloud's control group first, so that nothing of it can ever be lost; then its namespaces.

    Whoever called goes on once all is prepared: the cloud is nobody's child.
    """
    cgroups.enter(cloud.name)
    prepare(cloud)
    if os.fork():
        os._exit(0)
    os.setsid()
    again = [sys.executable, "-m", "govcloud.lab.enter", cloud.plane, str(cloud.index), "inside"]
    words = ["nsenter", f"--net=/run/netns/{cloud.name}", "unshare", *_OWN_NAMESPACES, *again]
    os.execvp(words[0], words)  # noqa: S606  -- becoming that process is the point


def be_first(cloud: LabCloud) -> int:
    """As process 1: settle the mounts, start the supervisor, bury orphans; the cloud ends with it."""
    settle(cloud, Layout.of(cloud))
    words = [sys.executable, "-m", "govcloud.lab.supervisor", cloud.plane, str(cloud.index)]
    supervisor = os.posix_spawn(words[0], words, os.environ)
    while True:
        process, status = os.wait()
        if process == supervisor:
            return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    _cloud = LabCloud(sys.argv[1], int(sys.argv[2]))
    if sys.argv[3:] == ["inside"]:
        sys.exit(be_first(_cloud))
    leave_host(_cloud)
