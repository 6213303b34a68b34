"""`govcloud migrate finalize`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from govcloud.cli.migrate.working import at_work, demand, order_carried_out, the_move
from govcloud.cli.options import format_option, key_option, site_of, site_options
from govcloud.cli.output import Output, Shown
from govcloud.errors import ToolkitError
from govcloud.migrations.assembly import Assembly
from govcloud.migrations.assessing import read_assessment
from govcloud.migrations.desk import Desk
from govcloud.migrations.finishing import Certificate, left_behind, write_certificate
from govcloud.migrations.journal import Journal
from govcloud.migrations.moves import FINAL, Stand, standing_of
from govcloud.migrations.planning import host_of
from govcloud.migrations.proving import read_proof
from govcloud.progress import Progress
from govcloud.topology import PlaneTopology
from govcloud.topology.moving import Move


@click.command()
@site_options
@click.argument("move")
@click.option(
    "--evidence",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The evidence of its night.",
)
@key_option("Your own SSH key, by which you answer for the certificate")
@format_option
def finalize(
    inventory: Path,
    work: Path | None,
    planes: tuple[str, ...],
    move: str,
    evidence: Path,
    key: Path | None,
    output: Output,
) -> None:
    """End a move: no way back from here on. Writes what stays on the old host, and the certificate for it.

    What moving needed is taken away on both sides. The old host is not touched otherwise: it may be switched
    off as far as this system is concerned.

    \b
    Example:
      govcloud migrate finalize court-notices-move --key ~/.ssh/id_ed25519 --evidence evidence/20261205
    """
    if key is None:
        raise ToolkitError("no key was named", "finalize", "name your own: --key ~/.ssh/id_ed25519")
    site = site_of(inventory, work, planes)
    plane, moved, desk = the_move(site, move)
    with Shown() as progress, desk.journal(moved.id) as (journal, _):
        demand(journal, Stand.RELEASED, Stand.FINISHED, remedy="only what was released can be finished")
        certificate = _certificate(site.topology.site.id, plane, moved, desk, journal, evidence)
        if standing_of(journal).stand is Stand.RELEASED:
            with at_work(site, plane, moved, progress) as assembly:
                _end(assembly, journal, progress)
    sealed = write_certificate(certificate, desk.certificates, key)
    left = len(certificate.left)
    lines = [f"{moved.id}: finished; {left} things stay on {certificate.host}", str(sealed.folder)]
    lines[1:1] = [f"not compared on its night: {what}" for what in certificate.uncompared]
    document = {
        "move": moved.id,
        "left": left,
        "not compared": list(certificate.uncompared),
        "certificate": str(sealed.folder),
    }
    output.show(document, "\n".join(lines))


def _end(assembly: Assembly, journal: Journal, progress: Progress) -> None:
    journal.intend(FINAL, {})
    for mover in assembly.movers():
        progress.step(f"clean up {mover.name}")
        mover.clean_up()
        progress.done(f"clean up {mover.name}")
    journal.finish(FINAL, {})


def _certificate(
    site: str, plane: PlaneTopology, move: Move, desk: Desk, journal: Journal, evidence: Path
) -> Certificate:
    """What the certificate says; ToolkitError where the evidence is not of equality on the move's night."""
    proof, sealed = read_proof(evidence)
    order, host = order_carried_out(journal), plane.hosts[host_of(plane, move)]
    if (proof.move, proof.order) != (move.id, order) or proof.differences:
        raise ToolkitError(
            "it is no evidence that both sides were equal on this move's night",
            str(evidence),
            "name the folder that `cutover` wrote",
        )
    standing = standing_of(journal)
    if standing.released is None:
        raise ValueError(f"{move.id} is released, and has no moment of it")
    night = next(one for one in journal.entries() if one.facts and "downtime" in one.facts)
    return Certificate(
        site=site,
        plane=plane.id,
        move=move.id,
        system=move.system,
        name_zh=plane.systems[move.system].name_zh,
        host=host.id,
        address=str(host.address),
        made=datetime.now(UTC),
        released=standing.released,
        downtime=float((night.facts or {})["downtime"]),
        order=order,
        evidence=sealed.digest,
        left=left_behind(read_assessment(desk.looks, host.id), move),
        uncompared=tuple(proof.uncompared),
    )
