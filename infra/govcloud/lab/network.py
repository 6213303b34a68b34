"""A cloud's network namespace, and the one link and route by which the host reaches it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from govcloud.lab.clouds import LabCloud
from govcloud.lab.commands import run

_NAMESPACES = Path("/run/netns")
_INSIDE = "management"


def raise_network(cloud: LabCloud) -> None:
    """Make the namespace, the link into it, and the route to its floating addresses."""
    run(["ip", "netns", "add", cloud.name])
    run(["ip", "link", "add", cloud.link, "type", "veth", "peer", "name", _INSIDE, "netns", cloud.name])
    _never_forward(cloud)
    run(["ip", "address", "add", f"{cloud.host_address}/24", "dev", cloud.link])
    _up(cloud.link, [])
    within = ["ip", "-n", cloud.name]
    run([*within, "address", "add", f"{cloud.address}/24", "dev", _INSIDE])
    run([*within, "link", "set", "lo", "up"])
    _up(_INSIDE, ["nsenter", f"--net={_NAMESPACES / cloud.name}"])
    run(["ip", "route", "add", cloud.floating_range, "via", cloud.address])


def lower_network(cloud: LabCloud) -> None:
    """Remove what `raise_network` made, or as much of it as stands."""
    for rule in _rules(cloud):
        run(["ip", "rule", "delete", "priority", str(rule["priority"])])
    if (Path("/sys/class/net") / cloud.link).exists():
        run(["ip", "link", "delete", cloud.link])  # its addresses and routes go with it
    if (_NAMESPACES / cloud.name).exists():
        run(["ip", "netns", "delete", cloud.name])


def network_stands(cloud: LabCloud) -> bool:
    """Whether any of it is there."""
    return (Path("/sys/class/net") / cloud.link).exists() or (_NAMESPACES / cloud.name).exists()


def _never_forward(cloud: LabCloud) -> None:
    """What comes from a cloud is for this host or for nobody, whatever else the host forwards."""
    settings = Path("/proc/sys/net")
    (settings / "ipv4/conf" / cloud.link / "forwarding").write_text("0")
    (settings / "ipv6/conf" / cloud.link / "disable_ipv6").write_text("1")
    run(["ip", "rule", "add", "priority", str(_priority(cloud)), "iif", cloud.link, "prohibit"])


def _priority(cloud: LabCloud) -> int:
    return 9900 + cloud.index


def _rules(cloud: LabCloud) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = json.loads(run(["ip", "-json", "rule", "show"]))
    return [rule for rule in rules if rule.get("iif") == cloud.link]


def _up(link: str, where: list[str]) -> None:
    # The userspace datapath behind it sees packets whose checksums nobody would fill in.
    run([*where, "ethtool", "--offload", link, "tx", "off"])
    run([*where, "ip", "link", "set", link, "up"])
