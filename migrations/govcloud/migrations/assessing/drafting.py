"""The draft of a move, in the inventory's own terms, from what was found on a host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from govcloud.migrations.assessing.assessment import Assessment
from govcloud.migrations.findings import Weight

OWN = frozenset({"postgres", "template0", "template1"})
SCHEMA = "# yaml-language-server: $schema=../../../../schema/move.json"


def draft_move(found: Assessment, system: str, name_zh: str) -> dict[str, Any]:
    """What `moves/<id>.yaml` may say; the window and the downtime are people's to decide.

    What has to be accepted stands there by name, with the reason left to whoever accepts it.
    """
    domains = sorted({name for site in found.part("web", "sites") for name in site["domains"] if "." in name})
    return {
        "id": f"{system}-move",
        "name_zh": f"{name_zh}迁移上云",
        "system": system,
        "databases": list(_databases(found)),
        "files": [{"path": tree["root"]} for tree in found.part("trees", "trees") if tree["entries"]],
        "sites": [{"domain": name} for name in domains],
        "accepted": [
            {"what": one.name, "because": f"to be said: {one.seen}"}
            for one in found.findings
            if one.weight is Weight.ACCEPT
        ],
    }


def _databases(found: Assessment) -> Iterator[dict[str, Any]]:
    usual = {"postgresql": 5432, "mariadb": 3306}
    for server in found.part("databases", "servers"):
        engine = server["engine"]
        settings = {row[0]: row[1] for row in server.get("settings", ())}
        port = int(settings.get("port") or usual[engine])
        for row in server.get("databases", ()):
            if row[0] not in OWN:
                entry = {"engine": engine, "name": row[0]}
                yield entry | ({"port": port} if port != usual[engine] else {})
