"""How much a move has to carry and how fast that changes, from the last look at its host. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from govcloud.errors import ToolkitError
from govcloud.migrations.assessing import Assessment
from govcloud.migrations.planning.prediction import Load
from govcloud.topology.moving import Move

HOUR = 3600.0


def load_of(found: Assessment, move: Move) -> Load:
    """What a move carries; ToolkitError where the host has not what the inventory says that it moves.

    A server writes one log for all of its databases: its rate is taken for each of them, which errs on the
    safe side. Files that changed within the hour stand for those that change while the last pass runs.
    """
    missing = list(_missing(found, move))
    if missing:
        raise ToolkitError(
            f"{found.host} has no {', '.join(missing)}", move.where("id"), "mend the move, or look again"
        )
    if move.whole_machine:
        return _whole(found)
    trees = [tree for tree in found.part("trees", "trees") if _is_moved(tree["root"], move)]
    servers = [(server, _moved(server, move)) for server in found.part("databases", "servers")]
    seconds = max(1.0, float(found.probes["databases"]["seconds"]))
    return Load(
        data=sum(size for _, sizes in servers for size in sizes) + sum(tree["bytes"] for tree in trees),
        changes=sum(_written(server) / seconds for server, sizes in servers if sizes)
        + sum(tree["hour"] / HOUR for tree in trees),
        rest=sum(int(tree["hour"] / HOUR) for tree in trees),
        entries=sum(tree["entries"] for tree in trees),
        objects=sum(_objects(server, move) for server, sizes in servers if sizes),
    )


def _missing(found: Assessment, move: Move) -> Iterator[str]:
    have = {
        (server["engine"], row[0])
        for server in found.part("databases", "servers")
        for row in server.get("databases", ())
    }
    for one in move.databases:
        if (one.engine, one.name) not in have:
            yield f"{one.engine} database {one.name}"
    roots = {tree["root"] for tree in found.part("trees", "trees")}
    for tree in move.files:
        if tree.path.rstrip("/") not in roots:
            yield f"directory {tree.path}"
    domains = {name for site in found.part("web", "sites") for name in site["domains"]}
    for site in move.sites:
        if site.domain not in domains:
            yield f"site {site.domain}"


def _whole(found: Assessment) -> Load:
    mounts = [one for one in found.part("system", "mounts") if "size" in one]
    return Load(data=sum(one["size"] - one["free"] for one in mounts), changes=0.0)


def _is_moved(root: str, move: Move) -> bool:
    return root in {one.path.rstrip("/") for one in move.files}


def _moved(server: Mapping[str, Any], move: Move) -> list[int]:
    names = {one.name for one in move.databases if one.engine == server["engine"]}
    return [int(float(row[1])) for row in server.get("databases", ()) if row[0] in names]


def _written(server: Mapping[str, Any]) -> float:
    """Bytes of its log that the server wrote while it was watched."""
    if server["engine"] == "postgresql":
        return float(server["later"]["written"][0][0]) - float(server["written"][0][0])
    before, after = (dict(map(tuple, rows)) for rows in (server["rates"], server["later"]["rates"]))
    return float(after["innodb_os_log_written"]) - float(before["innodb_os_log_written"])


def _objects(server: Mapping[str, Any], move: Move) -> int:
    inside = server.get("inside", {})
    tables = [int(inside[one.name]["tables"][0][0]) for one in move.databases if one.name in inside]
    return sum(tables) or sum(int(row[2]) for row in server.get("engines", ()))
