"""`govcloud plan`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from govcloud.cli.options import format_option, site_of, site_options, stack_options
from govcloud.cli.output import Output, Shown, counts
from govcloud.engine import each_plane, make_plan, write_plan
from govcloud.toolchain import find_pulumi


@click.command()
@site_options
@stack_options
@click.option("--destroy", is_flag=True, help="Plan to take everything down.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 3 when there is something to do.")
@format_option
def plan(
    inventory: Path,
    work: Path | None,
    planes: tuple[str, ...],
    stacks: tuple[str, ...],
    targets: tuple[str, ...],
    destroy: bool,
    detailed_exitcode: bool,
    output: Output,
) -> int:
    """Compare the declaration with the clouds and write down what an apply would do.

    Each plane gets a folder with plan.html to read and plan.json to apply.

    \b
    Example:
      govcloud plan --inventory inventories/jiujiang --plane extranet
    """
    site = site_of(inventory, work, planes)
    with Shown() as progress:
        settings = site.settings(find_pulumi(progress).root, (*stacks, *targets))
        now = datetime.now(UTC)
        plans = each_plane(
            settings, lambda s: make_plan(s, progress, now, s.own(stacks), s.own(targets), destroy)
        )
    folders = {made.plane: write_plan(made, site.plane_work(made.plane).plans) for made in plans}
    document = [{"folder": str(folders[made.plane]), **made.document()} for made in plans]
    lines = [f"{made.plane}: {counts(made.counts())}\n  {folders[made.plane]}/plan.html" for made in plans]
    output.show({"plans": document}, "\n".join(lines))
    return 3 if detailed_exitcode and any(plans) else 0
