"""`govcloud migrate order`."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from govcloud.cli.migrate.working import at_work, declared, demand, examined, shape, the_move
from govcloud.cli.options import format_option, key_option, site_of, site_options
from govcloud.cli.output import Output, Shown
from govcloud.engine import Site
from govcloud.errors import ToolkitError
from govcloud.evidence import sign_as_author
from govcloud.migrations.assembly import Assembly
from govcloud.migrations.moves import Stand
from govcloud.migrations.orders import Accepted, Order, read_order, tool_digest, write_order
from govcloud.migrations.planning import Night, closed_days, host_of, nights
from govcloud.migrations.rehearsing import Rehearsal, demand_fits, read_rehearsal
from govcloud.topology import PlaneTopology
from govcloud.topology.moving import Move
from govcloud.topology.words import TIME_ZONE


@click.command()
@site_options
@click.argument("move")
@click.option("--night", type=click.DateTime(["%Y-%m-%d"]), help="Its day; else the next night there is.")
@key_option("Your own SSH key, by which you answer for the order")
@format_option
def order(
    inventory: Path,
    work: Path | None,
    planes: tuple[str, ...],
    move: str,
    night: datetime | None,
    key: Path | None,
    output: Output,
) -> None:
    """Write the order to cut a system over on one night, for others to sign: govcloud approve FOLDER.

    It holds what the rehearsal measured, what stays behind, and what is moved where. It is refused without a
    rehearsal that fits, and on a closed day.

    \b
    Example:
      govcloud migrate order court-notices-move --night 2026-12-05 --key ~/.ssh/id_ed25519
    """
    if key is None:
        raise ToolkitError("no key was named", "order", "name your own: --key ~/.ssh/id_ed25519")
    site = site_of(inventory, work, planes)
    plane, moved, desk = the_move(site, move)
    now = datetime.now(UTC)
    chosen = _night(site, plane, moved, night.date() if night else None, now)
    rehearsal = read_rehearsal(desk.of(moved.id))
    with Shown() as progress, desk.journal(moved.id) as (journal, _):
        demand(journal, Stand.COPYING, remedy="copy it first: govcloud migrate run")
        with at_work(site, plane, moved, progress) as assembly:
            made = _order(site, plane, moved, chosen, now, assembly, rehearsal)
    folder = write_order(made, desk.orders).sealed.folder
    sign_as_author(read_order(folder).sealed, key)
    text = (
        f"{moved.id}: to be cut over between {made.begins:%Y-%m-%d %H:%M} and {made.ends:%Y-%m-%d %H:%M} UTC,"
        f" in {made.downtime:g} s at most; {made.signatures} others sign\n{folder}"
    )
    output.show({"folder": str(folder), "order": made.document()}, text)


def _night(site: Site, plane: PlaneTopology, move: Move, day: date | None, now: datetime) -> Night:
    """The move's night of that day, or its next; ToolkitError where that day has none."""
    zone = ZoneInfo(TIME_ZONE)
    closed = closed_days(site.topology, plane, move)
    coming = nights(move.window, day or now.astimezone(zone).date(), closed, zone)
    found = next(one for one in coming if one.ends > now)
    if day and found.begins.date() != day:
        raise ToolkitError(
            f"{day} is no night of it: the next is {found.begins:%Y-%m-%d %H:%M}",
            f"move {move.id}",
            f"order --night {found.begins:%Y-%m-%d}",
        )
    return found


def _order(
    site: Site,
    plane: PlaneTopology,
    move: Move,
    night: Night,
    now: datetime,
    assembly: Assembly,
    rehearsal: Rehearsal,
) -> Order:
    """The order, once both sides have been looked at; ToolkitError where the rehearsal does not fit."""
    rules, movers = plane.declaration.migration, assembly.movers()
    found = {one.name: one.seen for one in examined(move, movers)}
    demand_fits(rehearsal, shape(movers), move.downtime, rules.rehearsal_lasts, now)
    accepted = tuple(
        Accepted(one.what, one.because, found.get(one.what, "seen at the host")) for one in move.accepted
    )
    return Order(
        site=site.topology.site.id,
        plane=plane.id,
        move=move.id,
        system=move.system,
        name_zh=plane.systems[move.system].name_zh,
        host=host_of(plane, move),
        made=now,
        begins=night.begins.astimezone(UTC),
        ends=night.ends.astimezone(UTC),
        downtime=float(move.downtime),
        return_within=float(rules.return_within),
        signatures=rules.signatures,
        tool=tool_digest(),
        declaration=declared(move),
        parts=tuple(place.text for place in assembly.places),
        accepted=accepted,
        rehearsal=rehearsal,
    )
