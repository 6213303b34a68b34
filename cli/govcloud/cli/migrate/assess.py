"""`govcloud migrate assess`."""

from __future__ import annotations

from pathlib import Path

import click
import yaml

from govcloud.cli.machines import provisioned
from govcloud.cli.migrate.moving import desk_of
from govcloud.cli.migrate.ways import host_named, way_to_host
from govcloud.cli.options import format_option, site_of, site_options
from govcloud.cli.output import Output, Shown, table
from govcloud.engine import Site
from govcloud.errors import ToolkitError
from govcloud.local import write_private
from govcloud.migrations.assessing import (
    SCHEMA,
    Assessment,
    assessment_page,
    draft_move,
    look_at,
    write_assessment,
)
from govcloud.migrations.remote import Host
from govcloud.topology import PlaneTopology


@click.command()
@site_options
@click.argument("hosts", nargs=-1, required=True)
@click.option(
    "--look-at", "roots", multiple=True, metavar="DIR", help="A directory to count; may be repeated."
)
@click.option(
    "--seconds",
    type=click.FloatRange(0, 86400),
    default=10.0,
    help="How long to watch it.",
    show_default=True,
)
@format_option
def assess(
    inventory: Path,
    work: Path | None,
    planes: tuple[str, ...],
    hosts: tuple[str, ...],
    roots: tuple[str, ...],
    seconds: float,
    output: Output,
) -> int:
    """Look at hosts of today over SSH, and say what can be moved, what cannot, and why.

    Nothing is installed or changed there. The directories that moves declare are counted, and those of the
    host's web sites. Exit code 1 says that something has to be mended before anything can be moved.

    \b
    Example:
      govcloud migrate assess legacy-court --plane extranet --seconds 60
    """
    site = site_of(inventory, work, planes)
    plane = _plane_of(site, hosts)
    found, pages = [], []
    with Shown() as progress:
        for name in hosts:
            way = way_to_host(site, plane, host_named(plane, name), progress)
            wanted = sorted({*roots, *_declared(plane, name)})
            with Host(way) as host:
                found.append(look_at(plane.id, name, host.python, wanted, progress, seconds))
            pages.append(_kept(site, plane, found[-1]))
    document = [{**one.document(), "page": str(page)} for one, page in zip(found, pages, strict=True)]
    text = "\n".join(_told(one, page) for one, page in zip(found, pages, strict=True))
    output.show({"assessments": document}, text)
    return 1 if any(one.blocks for one in found) else 0


def _plane_of(site: Site, hosts: tuple[str, ...]) -> PlaneTopology:
    """The plane that has the first of these hosts."""
    for name in provisioned(site):
        if hosts[0] in site.topology.planes[name].hosts:
            return site.topology.planes[name]
    raise ToolkitError(
        f"there is no host {hosts[0]}", str(site.inventory), "declare it in <plane>/hosts/, or name another"
    )


def _declared(plane: PlaneTopology, host: str) -> list[str]:
    """The directories that moves from a host declare."""
    systems = {one.id for one in plane.systems.values() if one.runs_today and one.runs_today.host == host}
    return [
        tree.path.rstrip("/")
        for move in plane.moves.values()
        if move.system in systems
        for tree in move.files
    ]


def _kept(site: Site, plane: PlaneTopology, found: Assessment) -> Path:
    """Keep it with its page, and with the draft of a move for each system of the host that has none."""
    looks = desk_of(site, plane).looks
    path = write_assessment(found, looks)
    page = path.with_suffix(".html")
    write_private(page, assessment_page(found))
    moved = {move.system for move in plane.moves.values()}
    for system in plane.systems.values():
        if system.runs_today and system.runs_today.host == found.host and system.id not in moved:
            draft = draft_move(found, system.id, system.name_zh)
            text = yaml.safe_dump(draft, allow_unicode=True, sort_keys=False)
            write_private(looks / f"{system.id}-move.yaml", f"{SCHEMA}\n{text}")
    return page


def _told(found: Assessment, page: Path) -> str:
    rows = [(one.weight.value, one.name, one.seen) for one in found.findings]
    shown = table(rows, ("weight", "name", "seen")) if rows else "nothing stands in the way"
    return f"{found.host}:\n{shown}\n{page}"
