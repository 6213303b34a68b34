"""`govcloud migrate rehearse`."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from datetime import UTC, datetime
from pathlib import Path

import click

from govcloud.cli.migrate.working import at_work, demand, examined, shape, the_move
from govcloud.cli.options import format_option, site_of, site_options
from govcloud.cli.output import Output, Shown, table
from govcloud.errors import ToolkitError
from govcloud.local import write_private
from govcloud.migrations.assembly import Assembly
from govcloud.migrations.journal import open_journal
from govcloud.migrations.moves import Stand
from govcloud.migrations.planning import Rates
from govcloud.migrations.rehearsing import (
    Held,
    Rehearsal,
    Shape,
    clear,
    hold,
    read_rehearsal,
    rehearsal_page,
    write_rehearsal,
)
from govcloud.migrations.together import together
from govcloud.progress import Progress

log = logging.getLogger("govcloud")


@click.command()
@site_options
@click.argument("move")
@format_option
def rehearse(inventory: Path, work: Path | None, planes: tuple[str, ...], move: str, output: Output) -> int:
    """Hold the whole night on a clone that follows the live system, and measure it.

    The live system is only read. The clone and the second copy are taken away afterwards. Exit code 1 says
    that the night takes longer than the move may.

    \b
    Example:
      govcloud migrate rehearse court-notices-move --plane extranet
    """
    site = site_of(inventory, work, planes)
    plane, moved, desk = the_move(site, move)
    directory = desk.of(moved.id)
    with Shown() as progress, desk.journal(moved.id) as (journal, _):
        remedy = "rehearse before `run`; to rehearse now, give the copy up: govcloud migrate abandon"
        demand(journal, Stand.NOT_BEGUN, remedy=f"{remedy} {moved.id}")
        with at_work(site, plane, moved, progress) as assembly:
            movers = assembly.movers()
            examined(moved, movers)
            seen = shape(movers)
            held = _held(assembly, directory, progress)
            parts = [place.text for place in assembly.places]
    made = _rehearsal(plane.id, moved.id, seen, held)
    write_rehearsal(made, directory)
    page = directory / "rehearsal.html"
    write_private(page, rehearsal_page(made, plane.systems[moved.system].name_zh, moved.downtime, parts))
    rows = [(name, f"{seconds:.2f}") for name, seconds in held.stages]
    text = (
        f"{moved.id}: {held.downtime:.1f} s, foretold {held.predicted.downtime:.1f} s, allowed "
        f"{moved.downtime:g} s\n{table(rows, ('stage', 'seconds'))}\n{page}"
    )
    output.show({**made.document(), "page": str(page)}, text)
    return 0 if held.downtime <= moved.downtime else 1


def _rehearsal(plane: str, move: str, seen: Shape, held: Held) -> Rehearsal:
    evidence = json.dumps(held.evidence, sort_keys=True).encode()
    return Rehearsal(
        plane=plane,
        move=move,
        made=datetime.now(UTC),
        shape=seen,
        copying=held.copying,
        downtime=held.downtime,
        stages=held.stages,
        predicted=held.predicted,
        rates=held.rates,
        evidence=hashlib.sha256(evidence).hexdigest(),
    )


def _held(assembly: Assembly, directory: Path, progress: Progress) -> Held:
    """Hold it, and take away what it made, whatever comes of it; so is what a killed one had left."""
    clones, nights = assembly.clones(), assembly.nights()
    rates = _rates(directory)
    journals = directory / "rehearsing"
    clear(clones, nights)
    shutil.rmtree(journals, ignore_errors=True)
    try:
        with (
            open_journal(None, journals / "clone", f"{assembly.move.id}-clone") as first,
            open_journal(None, journals / "night", f"{assembly.move.id}-night") as second,
        ):
            allowed = float(assembly.move.window.seconds)
            now = lambda: datetime.now(UTC)  # noqa: E731
            (held,) = together(lambda: hold(clones, nights, (first, second), progress, allowed, rates, now))
            return held
    finally:
        clear(clones, nights)
        shutil.rmtree(journals, ignore_errors=True)


def _rates(directory: Path) -> Rates:
    """What the last rehearsal measured; where an older version held it, what is assumed of any system."""
    if not (directory / "rehearsal.json").exists():
        return Rates()
    try:
        return read_rehearsal(directory).rates
    except ToolkitError as error:
        log.warning("the last rehearsal is not read, and foretells nothing: %s", error.what)
        return Rates()
