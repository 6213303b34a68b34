"""`govcloud migrate verify`."""

from __future__ import annotations

from pathlib import Path

import click

from govcloud.cli.migrate.working import at_work, order_carried_out, proof_of, the_move
from govcloud.cli.options import format_option, key_option, site_of, site_options
from govcloud.cli.output import Output, Shown
from govcloud.errors import ToolkitError
from govcloud.migrations.proving import Proof, read_proof, unlike, write_proof


@click.command()
@site_options
@click.argument("move")
@click.option(
    "--against",
    type=click.Path(file_okay=False, path_type=Path),
    help="Evidence of before: is the source still what was compared then?",
)
@key_option("Your own SSH key, by which the evidence is signed")
@format_option
def verify(
    inventory: Path,
    work: Path | None,
    planes: tuple[str, ...],
    move: str,
    against: Path | None,
    key: Path | None,
    output: Output,
) -> int:
    """Compare both sides of a move in full, and write the evidence; every byte is read anew.

    Behind a release, what people have written at the target since is named and not compared; hold the source,
    which nobody can write to, `--against` the evidence of the night. Exit code 1 says that something differs.

    \b
    Example:
      govcloud migrate verify court-notices-move --against evidence/20261205T151500Z-court-notices-move
    """
    site = site_of(inventory, work, planes)
    plane, moved, desk = the_move(site, move)
    proved = None if against is None else read_proof(against)[0]
    if proved is not None and proved.move != moved.id:
        raise ToolkitError(f"it is evidence of {proved.move}", str(against), f"name one of {moved.id}")
    with (
        Shown() as progress,
        desk.journal(moved.id) as (journal, _),
        at_work(site, plane, moved, progress) as assembly,
    ):
        seen = proof_of(site, plane, moved, order_carried_out(journal), assembly.movers())
    if proved is not None:
        found = unlike(proved, seen.parts)
        text = "\n".join(found) or f"{moved.id}: the source is what was compared then, digest for digest"
        output.show({"move": moved.id, "against": str(against), "differences": found}, text)
        return 1 if found else 0
    _tell(seen, write_proof(seen, desk.evidence, key).folder, output)
    return 1 if seen.differences else 0


def _tell(seen: Proof, folder: Path, output: Output) -> None:
    lines = [f"{seen.move}: {seen.verdict}", *(f"  {line}" for line in seen.differences), str(folder)]
    document = {
        "move": seen.move,
        "differences": seen.differences,
        "not compared": seen.uncompared,
        "evidence": str(folder),
    }
    output.show(document, "\n".join(lines))
