"""`govcloud topology`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import click

from govcloud.cli.options import format_option, site_of, site_options
from govcloud.cli.output import Output, table
from govcloud.engine import Site
from govcloud.topology import PlaneTopology, diagram, indicators, rows, schemas
from govcloud.topology.addresses import allocate


@click.group()
def topology() -> None:
    """Validate the inventory and show what it declares.

    \b
    Example:
      govcloud topology validate --inventory inventories/jiujiang
    """


@topology.command("validate")
@site_options
@format_option
def validate(inventory: Path, work: Path | None, planes: tuple[str, ...], output: Output) -> None:
    """Read everything, compile it, and list every error with file, line and remedy.

    \b
    Example:
      govcloud topology validate --inventory inventories/minimal
    """
    site = site_of(inventory, work, planes)
    found = site.topology
    resources = sum(len(stack.resources) for stack in site.stacks)
    document = {
        "site": found.site.id,
        "planes": list(found.planes),
        "stacks": len(site.stacks),
        "resources": resources,
    }
    text = (
        f"{found.site.id} is valid: {len(found.planes)} planes, {len(site.stacks)} stacks, "
        f"{resources} resources"
    )
    output.show(document, text)


def _things(plane: PlaneTopology) -> dict[str, int]:
    kinds = Counter(segment.kind for segment in plane.segments)
    machines = Counter("running machine" if machine.runs else "machine" for machine in plane.machines)
    named = {
        "member": len(plane.members),
        **{f"{kind} segment": number for kind, number in sorted(kinds.items())},
        "router": len(plane.routers),
        **machines,
        "system": len(plane.systems),
        "flow": len(plane.flows),
        "conference": len(plane.conferences),
        "one-way import": len(plane.imports),
    }
    return {name: number for name, number in named.items() if number}


def _show_rows(site: Site, output: Output) -> None:
    found = rows(site.topology)
    document = {
        row: [
            {"kind": s.kind, "id": s.id, "name_zh": s.name_zh, "plane": s.plane, "standing": s.standing.value}
            for s in stands
        ]
        for row, stands in found.items()
    }
    lines = []
    for row, stands in found.items():
        by_standing = Counter(stand.standing.value for stand in stands)
        names = ", ".join(f"{s.plane + '/' if s.plane else ''}{s.id}" for s in stands[:4])
        more = f" and {len(stands) - 4} more" if len(stands) > 4 else ""
        counted = ", ".join(f"{number} {standing}" for standing, number in by_standing.items())
        lines.append((row, counted or "nothing", names + more))
    output.show({"rows": document}, table(lines, ("row", "stands", "as")))


@topology.command("show")
@site_options
@click.option("--rows", "by_row", is_flag=True, help="Row by row of the requirements, what stands for it.")
@format_option
def show(inventory: Path, work: Path | None, planes: tuple[str, ...], by_row: bool, output: Output) -> None:
    """Show what is declared, plane by plane.

    \b
    Example:
      govcloud topology show --plane extranet
      govcloud topology show --rows --format json
    """
    site = site_of(inventory, work, planes)
    if by_row:
        _show_rows(site, output)
        return
    things = {plane.id: _things(plane) for plane in site.topology.planes.values()}
    lines = [
        (plane.id, plane.declaration.name_zh, "cloud" if plane.provisioned else "declared only", what, number)
        for plane in site.topology.planes.values()
        for what, number in things[plane.id].items()
    ]
    output.show({"planes": things}, table(lines, ("plane", "", "is", "what", "number")))


@topology.command("diagram")
@site_options
@click.option(
    "--output",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("topology.html"),
    show_default=True,
)
def draw(inventory: Path, work: Path | None, planes: tuple[str, ...], target: Path) -> None:
    """Draw the topology as one HTML page.

    \b
    Example:
      govcloud topology diagram --output topology.html
    """
    target.write_text(diagram(site_of(inventory, work, planes).topology), encoding="utf-8")
    click.echo(f"open {target}")


@topology.command("addresses")
@site_options
@click.option("--write", is_flag=True, help="Record what is new in the lock files.")
@format_option
def addresses(
    inventory: Path, work: Path | None, planes: tuple[str, ...], write: bool, output: Output
) -> None:
    """Show the address plan; give what is new the next free addresses.

    \b
    Example:
      govcloud topology addresses --write
    """
    plans = allocate(inventory, planes or None)
    if write:
        for plan in plans:
            plan.record()
    document = {
        plan.plane: {
            "lock": str(plan.file),
            "segments": {name: str(prefix) for name, prefix in plan.segments.items()},
            "addresses": {name: str(address) for name, address in plan.addresses.items()},
            "added": list(plan.added),
        }
        for plan in plans
    }
    lines = [(plan.plane, prefix, name) for plan in plans for name, prefix in plan.segments.items()]
    news = [
        f"{plan.plane}: {len(plan.added)} new, {'recorded' if write else 'not recorded'}"
        for plan in plans
        if plan.added
    ]
    output.show(document, "\n".join([table(lines, ("plane", "prefix", "segment")), *news]))


@topology.command("indicators")
@site_options
@format_option
def show_indicators(inventory: Path, work: Path | None, planes: tuple[str, ...], output: Output) -> int:
    """Compute the indicators from what is declared; exit 1 when one misses its bar.

    \b
    Example:
      govcloud topology indicators
    """
    found = indicators(site_of(inventory, work, planes).topology)
    document = [
        {
            "id": one.id,
            "name_zh": one.name_zh,
            "reached": one.reached,
            "of": one.total,
            "percent": one.percent,
            "bar": one.bar,
            "holds": one.holds,
            "missing": list(one.missing),
        }
        for one in found
    ]
    said = {True: "holds", False: "missed", None: "undetermined"}
    lines = [
        (
            one.id,
            one.name_zh,
            "-" if one.percent is None else f"{one.percent:.1f} %",
            f"{one.reached} of {one.total}",
            "-" if one.bar is None else f"{one.bar} %",
            said[one.holds],
        )
        for one in found
    ]
    output.show({"indicators": document}, table(lines, ("indicator", "", "declared", "", "bar", "")))
    return 1 if any(one.holds is False for one in found) else 0


@topology.command("schema")
@click.argument("name", required=False)
def schema(name: str | None) -> None:
    """Print the JSON Schema of the files called NAME, or the names there are.

    \b
    Example:
      govcloud topology schema system
    """
    known = schemas()
    if name is None:
        click.echo("\n".join(sorted(known)))
        return
    if name not in known:
        raise click.UsageError(f"there is no schema {name!r}; there are {', '.join(sorted(known))}")
    click.echo(json.dumps(known[name], ensure_ascii=False, indent=1))
