"""What the verbs about moves share: which plane is meant, its moves, and where they keep what they know."""

from __future__ import annotations

from govcloud.cli.machines import provisioned
from govcloud.engine import Site
from govcloud.errors import ToolkitError
from govcloud.migrations.desk import Desk
from govcloud.topology import PlaneTopology
from govcloud.topology.moving import Move


def plane_with_moves(site: Site) -> PlaneTopology:
    """The one plane at hand that declares moves; where several do, `--plane` must have named one."""
    found = [plane for name in provisioned(site) if (plane := site.topology.planes[name]).moves]
    if not found:
        raise ToolkitError("no move is declared", str(site.inventory), "declare one in <plane>/moves/")
    if len(found) > 1:
        names = " and ".join(plane.id for plane in found)
        raise ToolkitError(f"{names} declare moves", str(site.inventory), f"say which: --plane {found[0].id}")
    return found[0]


def named_moves(plane: PlaneTopology, names: tuple[str, ...]) -> list[Move]:
    """The moves of these names, or all."""
    for name in names:
        if name not in plane.moves:
            known = ", ".join(plane.moves)
            raise ToolkitError(f"there is no move {name}", f"plane {plane.id}", f"name one of {known}")
    return [move for move in plane.moves.values() if not names or move.id in names]


def desk_of(site: Site, plane: PlaneTopology) -> Desk:
    """Where the plane's moves keep what they know."""
    rules = plane.declaration.migration
    return Desk(site.plane_work(plane.id).root / "migrations", rules.journal)
