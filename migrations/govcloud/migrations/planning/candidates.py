"""What the waves are computed from: the inventory, the last looks, and what was rehearsed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.migrations.assessing import Assessment
from govcloud.migrations.findings import standing_in_the_way
from govcloud.migrations.planning.loads import load_of
from govcloud.migrations.planning.needs import host_of, needs_of
from govcloud.migrations.planning.nights import Closed
from govcloud.migrations.planning.prediction import Rates, predict
from govcloud.migrations.planning.waves import Candidate
from govcloud.topology import PlaneTopology, Topology
from govcloud.topology.moving import Blackout, Move

MEASURED_NOWHERE = Rates()


def candidates(
    topology: Topology,
    plane: PlaneTopology,
    moves: Sequence[Move],
    looks: Mapping[str, Assessment],
    rates: Mapping[str, Rates],
) -> dict[str, Candidate]:
    """The moves that are to be planned, by id. All that stands in their way is told at once.

    `looks` are by host, `rates` what a move's own rehearsal measured, by move.
    """
    errors: list[ToolkitError] = []
    for move in moves:
        errors += _hindered(move, looks[host_of(plane, move)])
    if errors:
        raise ToolkitErrors(errors)
    needs = needs_of(plane, looks)
    rules = plane.declaration.migration
    found = {}
    for move in moves:
        load = load_of(looks[host_of(plane, move)], move)
        predicted = predict(load, rates.get(move.id, MEASURED_NOWHERE), rules.bytes_per_second)
        found[move.id] = Candidate(move, needs[move.id], predicted, closed_days(topology, plane, move))
    return found


def _hindered(move: Move, look: Assessment) -> list[ToolkitError]:
    """What blocks, or was not accepted; of several systems on a host, each accepts what it leaves there."""
    accepted = [one.what for one in move.accepted]
    return standing_in_the_way(look.findings, accepted, f"move {move.id}, host {look.host}")


def closed_days(topology: Topology, plane: PlaneTopology, move: Move) -> tuple[Closed, ...]:
    """The days on which nothing of the system's owner is cut over."""
    return tuple(_closed(topology, plane, move))


def _closed(topology: Topology, plane: PlaneTopology, move: Move) -> Iterator[Closed]:
    owner = plane.systems[move.system].owner
    for blackout in plane.declaration.migration.blackouts:
        if not blackout.owners or any(_means(topology, one, owner) for one in blackout.owners):
            yield _as_closed(blackout)


def _as_closed(blackout: Blackout) -> Closed:
    return Closed(blackout.first, blackout.last, blackout.because)


def _means(topology: Topology, selector: str, owner: str) -> bool:
    """Whether an owner is among those that a selector names."""
    kind, _, rest = selector.partition("/")
    unit, county = topology.units.get(owner), topology.counties.get(owner)
    if kind == "units":
        return unit is not None and rest in ("*", owner)
    if kind == "bodies":
        return unit is not None and unit.body == rest
    if kind == "counties":
        return county is not None and rest in ("*", owner)
    return any(
        township.id == owner and rest in ("*", owner, f"{one.id}/*")
        for one in topology.counties.values()
        for township in one.townships
    )
