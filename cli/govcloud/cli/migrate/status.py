"""`govcloud migrate status`."""

from __future__ import annotations

from pathlib import Path

import click

from govcloud.cli.migrate.moving import desk_of, named_moves, plane_with_moves
from govcloud.cli.options import format_option, site_of, site_options
from govcloud.cli.output import Output, table
from govcloud.migrations.moves import Standing, standing_of


@click.command()
@site_options
@click.argument("moves", nargs=-1)
@format_option
def status(
    inventory: Path, work: Path | None, planes: tuple[str, ...], moves: tuple[str, ...], output: Output
) -> None:
    """Show how far each move has come, from its journal alone.

    \b
    Example:
      govcloud migrate status --plane extranet
    """
    site = site_of(inventory, work, planes)
    plane = plane_with_moves(site)
    desk, found = desk_of(site, plane), []
    for move in named_moves(plane, moves):
        with desk.journal(move.id) as (journal, _):
            found.append((move, standing_of(journal)))
    document = [
        {
            "move": move.id,
            "system": move.system,
            "stand": standing.stand.value,
            "released": standing.released.isoformat() if standing.released else None,
        }
        for move, standing in found
    ]
    rows = [(move.id, move.system, standing.stand.value, _moment(standing)) for move, standing in found]
    output.show(
        {"plane": plane.id, "moves": document}, table(rows, ("move", "system", "stands", "released (UTC)"))
    )


def _moment(standing: Standing) -> str:
    return f"{standing.released:%Y-%m-%d %H:%M}" if standing.released else ""
