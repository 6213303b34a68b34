"""Which moves wait for which: what the inventory declares, and who was seen talking to whom. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from govcloud.migrations.assessing import Assessment
from govcloud.topology import PlaneTopology
from govcloud.topology.moving import Move


def needs_of(plane: PlaneTopology, looks: Mapping[str, Assessment]) -> dict[str, frozenset[str]]:
    """By move, the moves that come before it: of systems that its own depends on, calls or names.

    `looks` are the last looks at hosts, by host. A host that was seen as a client of another needs that one.
    """
    by_system = {move.system: move.id for move in plane.moves.values()}
    on_host = _on_hosts(plane)
    found: dict[str, set[str]] = {move: set() for move in plane.moves}
    for move in plane.moves.values():
        found[move.id] |= {by_system[s] for s in plane.systems[move.system].depends_on if s in by_system}
    for client, server in _seen(plane, looks):
        for name in on_host[client]:
            found[name] |= on_host[server]
    return {move: frozenset(others - {move}) for move, others in found.items()}


def host_of(plane: PlaneTopology, move: Move) -> str:
    """The host on which a move's system runs today: the loader has seen to it that there is one."""
    today = plane.systems[move.system].runs_today
    if today is None:
        raise ValueError(f"{move.system} runs nowhere today")
    return today.host


def _on_hosts(plane: PlaneTopology) -> defaultdict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for move in plane.moves.values():
        found[host_of(plane, move)].add(move.id)
    return found


def _seen(plane: PlaneTopology, looks: Mapping[str, Assessment]) -> Iterator[tuple[str, str]]:
    """Pairs of hosts, client first, that were seen to be connected or whose configuration says so."""
    by_address = {str(host.address): host.id for host in plane.hosts.values()}
    names = by_address | {host: host for host in plane.hosts}
    for host, look in looks.items():
        serving = {entry["port"] for entry in look.part("network", "listening")}
        for peer in look.part("network", "peers"):
            other = by_address.get(peer["address"])
            if other is not None and other != host:
                yield (other, host) if _serves(peer, serving) else (host, other)
        for tree in look.part("trees", "trees"):
            for named in tree["named"]:
                other = names.get(named["host"])
                if other is not None and other != host:
                    yield host, other


def _serves(peer: Mapping[str, Any], serving: set[int]) -> bool:
    """Whether a connection came in: its own end is a port that listens."""
    return peer["ports"][0] in serving
