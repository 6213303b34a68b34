"""`govcloud migrate abandon`."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from govcloud.cli.migrate.working import at_work, demand, the_move
from govcloud.cli.options import format_option, site_of, site_options
from govcloud.cli.output import Output, Shown
from govcloud.errors import ToolkitError
from govcloud.migrations.moves import Stand


@click.command()
@site_options
@click.argument("move")
@click.option("--yes", is_flag=True, help="Do not ask.")
@format_option
def abandon(
    inventory: Path, work: Path | None, planes: tuple[str, ...], move: str, yes: bool, output: Output
) -> None:
    """Give a copy up: take away on both sides what copying has made. The live system stays as it is.

    Only what has not been cut over can be given up; it can be begun anew afterwards.

    \b
    Example:
      govcloud migrate abandon court-notices-move
    """
    site = site_of(inventory, work, planes)
    plane, moved, desk = the_move(site, move)
    with Shown() as progress, desk.journal(moved.id) as (journal, claims):
        demand(
            journal,
            Stand.COPYING,
            Stand.HOME,
            remedy="only a copy that nobody works with can be given up",
        )
        if not yes and not click.confirm(f"Delete the copy of {moved.system} on the platform?", err=True):
            raise ToolkitError("nobody agreed", f"move {moved.id}", "say yes, or give --yes")
        with (
            claims.claim(f"{moved.id}/cutover") as ours,
            at_work(site, plane, moved, progress) as assembly,
        ):
            if not ours:
                raise ToolkitError("another run is at it", f"move {moved.id}", "wait for it")
            for mover in assembly.movers():
                mover.discard()
            journal.erase()
    shutil.rmtree(desk.of(moved.id) / "rehearsing", ignore_errors=True)
    output.show({"move": moved.id, "abandoned": True}, f"{moved.id}: the copy is gone")
