"""`govcloud migrate cutover`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from govcloud.cli.migrate.working import ORDER, at_work, declared, demand, proof_of, shape, the_move
from govcloud.cli.options import format_option, key_option, site_of, site_options
from govcloud.cli.output import Output, Shown
from govcloud.cli.signing import trust_for
from govcloud.errors import ToolkitError
from govcloud.evidence import Trust
from govcloud.migrations.journal import Claims, Journal
from govcloud.migrations.moves import Mover, Stand, draw_near, standing_of
from govcloud.migrations.night import Outcome, cut_over, shared
from govcloud.migrations.orders import OrderFolder, demand_ordered, read_order
from govcloud.migrations.proving import Proof, write_proof
from govcloud.migrations.rehearsing import Shape, demand_fits, settle
from govcloud.progress import Progress
from govcloud.topology import PlaneTopology
from govcloud.topology.moving import Move

SETTLES_WITHIN = 600.0


@click.command()
@site_options
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@key_option("Your own SSH key, by which the evidence is signed")
@format_option
def cutover(
    inventory: Path,
    work: Path | None,
    planes: tuple[str, ...],
    folder: Path,
    key: Path | None,
    output: Output,
) -> int:
    """Cut a system over, as an order that was signed says; whatever fails before the release is taken back.

    One barrier for all of its parts: no new work, no writes at the source, the last changes, both sides
    compared, the way back laid, people led over, writes at the target. Exit code 1 says that it was taken
    back, and why. Killed at any moment, run again: it goes on, or takes it back where its time is over.

    \b
    Example:
      govcloud migrate cutover orders/20261205T100000Z-court-notices-move --key ~/.ssh/id_ed25519
    """
    site = site_of(inventory, work, planes)
    ordered = read_order(folder)
    plane, moved, desk = the_move(site, ordered.order.move)
    trust = trust_for(site.topology.site.id, plane.id, work, None, None)
    with Shown() as progress, desk.journal(moved.id) as (journal, claims):
        demand(journal, Stand.COPYING, Stand.CUTTING_OVER, remedy="see `govcloud migrate status`")
        _demand_meant(ordered, site.topology.site.id, plane, moved)
        _demand_signed(ordered, trust, journal)
        with at_work(site, plane, moved, progress) as assembly:
            movers = assembly.movers()
            outcome = _cut(ordered, movers, plane, journal, claims, progress)
            if not outcome.released:
                text = f"{moved.id}: taken back, people work where they did: {outcome.reason}"
                output.show({"move": moved.id, "released": False, "reason": outcome.reason}, text)
                return 1
            proof = proof_of(site, plane, moved, ordered.sealed.digest, movers)
    sealed = write_proof(proof, desk.evidence, key)
    _show(proof, outcome, sealed.folder, output)
    return 1 if proof.differences else 0


def _cut(
    ordered: OrderFolder,
    movers: Sequence[Mover],
    plane: PlaneTopology,
    journal: Journal,
    claims: Claims,
    progress: Progress,
) -> Outcome:
    """Hold the night, once what has been written is nearly all there."""
    for mover in movers:
        mover.resume()
    if standing_of(journal).stand is Stand.COPYING:
        _demand_rehearsed(ordered, shape(movers), plane)
        settle(movers, SETTLES_WITHIN)
        draw_near(movers, journal.move, claims)
    journal.intend(ORDER, {"digest": ordered.sealed.digest})
    journal.finish(ORDER, {})
    stages = shared(dict(ordered.order.rehearsal.stages))
    now = lambda: datetime.now(UTC)  # noqa: E731
    return cut_over(movers, journal, claims, progress, ordered.order.downtime, now, stages)


def _show(proof: Proof, outcome: Outcome, folder: Path, output: Output) -> None:
    text = (
        f"{proof.move}: released; its people could not write for {outcome.downtime:.2f} s\n"
        f"{proof.verdict}: {folder}"
    )
    document = {
        "move": proof.move,
        "released": True,
        "downtime": outcome.downtime,
        "differences": proof.differences,
        "not compared": proof.uncompared,
        "evidence": str(folder),
    }
    output.show(document, text)


def _demand_meant(ordered: OrderFolder, site: str, plane: PlaneTopology, move: Move) -> None:
    """The order is for this site and plane, and for the move as it is declared now."""
    order, where = ordered.order, str(ordered.sealed.folder)
    if (order.site, order.plane) != (site, plane.id):
        raise ToolkitError(f"it is for {order.site}, plane {order.plane}", where, "name another order")
    if order.declaration != declared(move):
        raise ToolkitError("the move is declared otherwise than when it was ordered", where, "order again")


def _demand_signed(ordered: OrderFolder, trust: Trust, journal: Journal) -> None:
    """Signatures count now; a night that has begun under this very order may be ended after its hour."""
    now, order = datetime.now(UTC), ordered.order
    entry = journal.entry(ORDER)
    begun = standing_of(journal).stand is Stand.CUTTING_OVER
    if begun and entry is not None and entry.intent["digest"] == ordered.sealed.digest:
        now = min(now, order.ends)
    demand_ordered(ordered, trust, now)
    if not begun and now + timedelta(seconds=order.downtime) > order.ends:
        raise ToolkitError(
            f"its night ends at {order.ends:%Y-%m-%d %H:%M} UTC, sooner than the downtime that it may take",
            str(ordered.sealed.folder),
            "order another night",
        )


def _demand_rehearsed(ordered: OrderFolder, seen: Shape, plane: PlaneTopology) -> None:
    order, lasts = ordered.order, plane.declaration.migration.rehearsal_lasts
    demand_fits(order.rehearsal, seen, order.downtime, lasts, datetime.now(UTC))
