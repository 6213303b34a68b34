"""`govcloud migrate rollback`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from govcloud.cli.migrate.working import at_work, the_move
from govcloud.cli.options import format_option, site_of, site_options
from govcloud.cli.output import Output, Shown
from govcloud.errors import ToolkitError
from govcloud.migrations.moves import bring_home, standing_of


@click.command()
@site_options
@click.argument("move")
@click.option("--yes", is_flag=True, help="Do not ask.")
@format_option
def rollback(
    inventory: Path, work: Path | None, planes: tuple[str, ...], move: str, yes: bool, output: Output
) -> None:
    """Take a released system back to its old host, with all that was written on the platform since.

    Killed at any moment, run again: it goes on.

    \b
    Example:
      govcloud migrate rollback court-notices-move
    """
    site = site_of(inventory, work, planes)
    plane, moved, desk = the_move(site, move)
    within = float(plane.declaration.migration.return_within)
    with Shown() as progress, desk.journal(moved.id) as (journal, claims):
        standing_of(journal).demand_return(moved.id, within, datetime.now(UTC))
        if not yes and not click.confirm(f"Stop {moved.system} on the platform and take it back?", err=True):
            raise ToolkitError("nobody agreed", f"move {moved.id}", "say yes, or give --yes")
        with at_work(site, plane, moved, progress) as assembly:
            seconds = bring_home(
                assembly.movers(), journal, claims, progress, within, lambda: datetime.now(UTC)
            )
    text = f"{moved.id}: taken back; its people could not write for {seconds:.2f} s"
    output.show({"move": moved.id, "downtime": seconds}, text)
