"""`govcloud migrate run`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from govcloud.cli.migrate.working import at_work, demand, examined, the_move
from govcloud.cli.options import format_option, site_of, site_options
from govcloud.cli.output import Output, Shown
from govcloud.migrations.moves import Mover, Stand, begin
from govcloud.migrations.rehearsing import settle
from govcloud.migrations.sizes import size

EVERY = 5.0
"""Seconds between two looks at what is still to come."""


@click.command()
@site_options
@click.argument("move")
@click.option("--follow", is_flag=True, help="Stay, and tell what is still to come, until it is ended.")
@click.option(
    "--within",
    type=click.FloatRange(min=1),
    default=3600.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait until little is still to come.",
)
@format_option
def run(
    inventory: Path,
    work: Path | None,
    planes: tuple[str, ...],
    move: str,
    follow: bool,
    within: float,
    output: Output,
) -> None:
    """Copy a system to the platform while people work with it, and let its changes follow.

    What stands in the way is told before anything is copied. Killed at any moment, run again: it goes on.

    \b
    Example:
      govcloud migrate run court-notices-move --plane extranet
    """
    site = site_of(inventory, work, planes)
    plane, moved, desk = the_move(site, move)
    with Shown() as progress, desk.journal(moved.id) as (journal, claims):
        demand(
            journal,
            Stand.NOT_BEGUN,
            Stand.COPYING,
            remedy="what was cut over is not copied again: see `govcloud migrate status`",
        )
        with at_work(site, plane, moved, progress) as assembly:
            movers = assembly.movers()
            found = examined(moved, movers)
            for mover in movers:
                mover.resume()
                mover.prepare()
            begin(movers, assembly.pinned(), journal, claims, progress)
            lag = settle(movers, within)
            if follow:
                _follow(moved.id, movers)
    notes = [f"{one.name}: {one.seen}" for one in found]
    document = {"move": moved.id, "lag": lag, "found": notes}
    lines = [f"{moved.id}: copied, and follows; {size(lag)} to come", *(f"  {note}" for note in notes)]
    output.show(document, "\n".join(lines))


def _follow(move: str, movers: Sequence[Mover]) -> NoReturn:
    while True:
        time.sleep(EVERY)
        click.echo(f"{move}: {size(sum(mover.lag() for mover in movers))} to come", err=True)
