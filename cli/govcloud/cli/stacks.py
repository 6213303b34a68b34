"""`govcloud stacks`."""

from __future__ import annotations

from pathlib import Path

import click

from govcloud.cli.options import format_option, site_of, site_options
from govcloud.cli.output import Output, table


@click.command()
@site_options
@click.option("--resources", is_flag=True, help="List every resource, by its address.")
@format_option
def stacks(
    inventory: Path, work: Path | None, planes: tuple[str, ...], resources: bool, output: Output
) -> None:
    """List the stacks that the inventory compiles to, in the order in which they are applied.

    \b
    Example:
      govcloud stacks --inventory inventories/minimal --format json
    """
    found = site_of(inventory, work, planes).stacks
    if resources:
        listed = [
            (stack.address(one.name), one.kind, one.where) for stack in found for one in stack.resources
        ]
        keys = ("address", "kind", "where")
        output.show({"resources": [dict(zip(keys, row, strict=True)) for row in listed]}, table(listed, keys))
        return
    document = [
        {
            "name": stack.name,
            "plane": stack.plane,
            "depends_on": list(stack.depends_on),
            "resources": len(stack.resources),
        }
        for stack in found
    ]
    rows = [(stack.name, len(stack.resources), ", ".join(stack.depends_on)) for stack in found]
    rows.append(("all", sum(len(stack.resources) for stack in found), ""))
    output.show({"stacks": document}, table(rows, ("stack", "resources", "after")))
