"""`govcloud migrate plan`."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from govcloud.cli.migrate.moving import desk_of, named_moves, plane_with_moves
from govcloud.cli.options import format_option, site_of, site_options
from govcloud.cli.output import Output, table
from govcloud.local import private_directory, write_private
from govcloud.migrations.assessing import read_assessment
from govcloud.migrations.desk import Desk
from govcloud.migrations.planning import Rates, candidates, host_of, plan_document, plan_page, plan_waves
from govcloud.migrations.rehearsing import read_rehearsal
from govcloud.topology.moving import Move
from govcloud.topology.words import TIME_ZONE


@click.command()
@site_options
@click.argument("moves", nargs=-1)
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="Not before this day [today].")
@format_option
def plan(
    inventory: Path,
    work: Path | None,
    planes: tuple[str, ...],
    moves: tuple[str, ...],
    first: datetime | None,
    output: Output,
) -> None:
    """Say which systems move on which night, and for how long their people cannot write.

    Computed from the last look at each host, from who was seen talking to whom, and from the calendar.

    \b
    Example:
      govcloud migrate plan --plane extranet --from 2026-12-01
    """
    site = site_of(inventory, work, planes)
    plane = plane_with_moves(site)
    desk, wanted = desk_of(site, plane), named_moves(plane, moves)
    hosts = dict.fromkeys(host_of(plane, move) for move in wanted)
    looks = {host: read_assessment(desk.looks, host) for host in hosts}
    zone = ZoneInfo(TIME_ZONE)
    day: date = first.date() if first else datetime.now(zone).date()
    among = candidates(site.topology, plane, wanted, looks, _measured(desk, wanted))
    waves = plan_waves(among, day, plane.declaration.migration.at_once, zone)
    names = {system.id: system.name_zh for system in plane.systems.values()}
    page = plan_page(site.topology.site.id, plane.id, datetime.now(UTC), waves, among, names)
    path = private_directory(desk.root) / "plan.html"
    write_private(path, page)
    rows = [
        (wave.number, f"{wave.night.begins:%Y-%m-%d %H:%M}", one.move, f"{one.predicted.downtime:.1f} s")
        for wave in waves
        for one in wave.moves
    ]
    document = {"plane": plane.id, "waves": plan_document(waves, among), "page": str(path)}
    output.show(document, f"{table(rows, ('wave', 'begins', 'move', 'downtime'))}\n{path}")


def _measured(desk: Desk, moves: list[Move]) -> dict[str, Rates]:
    """What each move's own rehearsal measured, of those that were rehearsed."""
    held = [move.id for move in moves if (desk.of(move.id) / "rehearsal.json").exists()]
    return {move: read_rehearsal(desk.of(move)).rates for move in held}
