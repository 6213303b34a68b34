"""What the verbs that move something share: the move's parts put together, and what stands in their way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from govcloud.cli.migrate.moving import desk_of, named_moves, plane_with_moves
from govcloud.cli.migrate.ways import host_named, way_to_host, way_to_machine
from govcloud.engine import Site
from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.migrations.assembly import Assembly, Ways, assembled
from govcloud.migrations.desk import Desk
from govcloud.migrations.findings import Finding, standing_in_the_way
from govcloud.migrations.journal import Journal
from govcloud.migrations.moves import Mover, Stand, standing_of
from govcloud.migrations.orders import tool_digest
from govcloud.migrations.planning import host_of
from govcloud.migrations.proving import Proof
from govcloud.migrations.rehearsing import Shape, shape_of
from govcloud.migrations.together import together
from govcloud.progress import Progress
from govcloud.topology import PlaneTopology
from govcloud.topology.moving import Move

ORDER = "order"
"""The step in a move's journal that holds the digest of the order that is carried out."""


def the_move(site: Site, name: str) -> tuple[PlaneTopology, Move, Desk]:
    """The plane at hand, the move of that name, and where it keeps what it knows."""
    plane = plane_with_moves(site)
    (move,) = named_moves(plane, (name,))
    return plane, move, desk_of(site, plane)


@contextmanager
def at_work(site: Site, plane: PlaneTopology, move: Move, progress: Progress) -> Iterator[Assembly]:
    """The move's parts between the host of today and the platform, as long as the context lasts."""
    host = host_named(plane, host_of(plane, move))
    ways = Ways(
        way_to_host(site, plane, host, progress),
        lambda machine: way_to_machine(site, plane, machine.id, progress),
        ports=host.transfer_ports,
    )
    with assembled(plane, move, ways, desk_of(site, plane).of(move.id), progress) as assembly:
        yield assembly


def examined(move: Move, movers: Sequence[Mover]) -> list[Finding]:
    """What was found at both sides; ToolkitErrors where it stands in the way and nobody has accepted it."""
    found = [one for mover in movers for one in mover.examine()]
    names = {one.name for one in found}
    # What only a look at the whole host can find is held against it when the night is planned.
    accepted = [one.what for one in move.accepted if one.what in names]
    errors = standing_in_the_way(found, accepted, f"move {move.id}")
    if errors:
        raise ToolkitErrors(errors)
    return found


def shape(movers: Sequence[Mover]) -> Shape:
    """What must be on the night as it was at the rehearsal, this code included."""
    return shape_of({"this tool": tool_digest(), **{mover.name: mover.shape() for mover in movers}})


def declared(move: Move) -> str:
    """SHA-256 of the move as the inventory declares it."""
    text = json.dumps(move.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def demand(journal: Journal, *wanted: Stand, remedy: str) -> None:
    """Refuse where the move stands elsewhere."""
    standing = standing_of(journal)
    if standing.stand not in wanted:
        raise ToolkitError(f"it is {standing.stand.value}", f"move {journal.move}", remedy)


def proof_of(site: Site, plane: PlaneTopology, move: Move, order: str, movers: Sequence[Mover]) -> Proof:
    """Both sides compared in full, now."""
    (parts,) = together(lambda: {mover.name: mover.evidence() for mover in movers})
    return Proof(
        site.topology.site.id,
        plane.id,
        move.id,
        move.system,
        plane.systems[move.system].name_zh,
        host_of(plane, move),
        datetime.now(UTC),
        tool_digest(),
        order,
        parts,
    )


def order_carried_out(journal: Journal) -> str:
    """The digest of the order by which it was cut over; empty where there was none."""
    entry = journal.entry(ORDER)
    return "" if entry is None else str(entry.intent["digest"])
