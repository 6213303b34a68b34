"""`python -m govcloud.lab.links PLANE INDEX`: bring guests onto the network as they appear.

libvirt's LXC driver leaves the host's end of a guest's interface down, and over the userspace datapath a
checksum left to hardware is never filled in: TCP would fail where ping and DHCP pass. So each `tap`
interface is set up, and each metadata namespace's interface computes its checksums itself.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

_INTERFACES = Path("/sys/class/net")
_NAMESPACES = Path("/run/netns")
_METADATA = "ovnmeta-"
_IS_UP = 0x1
_LOOK_SECONDS = 0.1


class Watcher:
    """What has been dealt with, so that each look costs only a directory listing."""

    def __init__(self) -> None:
        self._settled: set[str] = set()

    def look(self) -> None:
        """Deal with every interface and namespace that is new, or was not ready the last time."""
        interfaces = {path.name for path in _INTERFACES.glob("tap*")}
        for name in sorted(interfaces):
            if not _is_up(name):
                _do("ip", "link", "set", name, "up")
        namespaces = {path.name for path in _NAMESPACES.glob(f"{_METADATA}*")}
        for name in sorted(namespaces - self._settled):
            if _compute_checksums(name):
                self._settled.add(name)
        self._settled &= namespaces


def _is_up(interface: str) -> bool:
    try:
        return bool(int((_INTERFACES / interface / "flags").read_text(), 16) & _IS_UP)
    except OSError:  # it went while we looked
        return True


def _compute_checksums(namespace: str) -> bool:
    # Neutron names the inner end after the network: its id's first ten characters and a 1.
    inner = f"tap{namespace.removeprefix(_METADATA)[:10]}1"
    return _do("nsenter", f"--net={_NAMESPACES / namespace}", "ethtool", "--offload", inner, "tx", "off")


def _do(*command: str) -> bool:
    """Whether it worked; what comes too early or too late is simply tried at the next look."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def main() -> None:
    """Watch for as long as the cloud stands."""
    watcher = Watcher()
    while True:
        watcher.look()
        time.sleep(_LOOK_SECONDS)


if __name__ == "__main__":
    main()
