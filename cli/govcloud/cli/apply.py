"""`govcloud apply`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from govcloud.cli.options import format_option, site_of, site_options, stack_options
from govcloud.cli.output import Output, Shown, counts
from govcloud.engine import Plan, Setting, apply_plan, each_plane, make_plan, read_plan, write_plan
from govcloud.errors import ToolkitError
from govcloud.toolchain import find_pulumi


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(file_okay=False, path_type=Path))
@site_options
@stack_options
@click.option("--destroy", is_flag=True, help="Take everything down.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@format_option
def apply(
    folders: tuple[Path, ...],
    inventory: Path,
    work: Path | None,
    planes: tuple[str, ...],
    stacks: tuple[str, ...],
    targets: tuple[str, ...],
    destroy: bool,
    yes: bool,
    output: Output,
) -> None:
    """Make the clouds what the plans in FOLDERS say; without folders, plan first and ask.

    \b
    Example:
      govcloud apply .govcloud/jiujiang/extranet/plans/20260301T090000Z-extranet
    """
    site = site_of(inventory, work, planes)
    given = {plan.plane: plan for plan in map(read_plan, folders)}
    with Shown() as progress:
        settings = [
            s
            for s in site.settings(find_pulumi(progress).root, (*stacks, *targets))
            if not given or s.plane in given
        ]
        now = datetime.now(UTC)
        if not given:
            made = each_plane(
                settings, lambda s: make_plan(s, progress, now, s.own(stacks), s.own(targets), destroy)
            )
            given = {plan.plane: plan for plan in made}
            for plan in made:
                click.echo(f"{plan.plane}: {write_plan(plan, site.plane_work(plan.plane).plans)}", err=True)
    _ask(list(given.values()), yes)
    _carry_out(settings, given, now, output)


def _carry_out(settings: list[Setting], given: Mapping[str, Plan], now: datetime, output: Output) -> None:
    with Shown() as progress:
        busy = [setting for setting in settings if given[setting.plane]]
        done = each_plane(busy, lambda s: apply_plan(given[s.plane], s, progress, now)) if busy else []
    results = {
        s.plane: {"done": dict(d.done), "standing": d.standing} for s, d in zip(busy, done, strict=True)
    }
    lines = [f"{plane}: {r['standing']} objects stand as planned" for plane, r in results.items()]
    output.show({"applied": results}, "\n".join(lines) or "nothing to do")


def _ask(plans: list[Plan], yes: bool) -> None:
    for plan in plans:
        click.echo(f"{plan.plane}: {counts(plan.counts())}", err=True)
    if yes or not any(plans):
        return
    if not sys.stdin.isatty():
        raise ToolkitError("there is no terminal to ask on", remedy="read the plan, then say --yes")
    click.confirm("Apply?", abort=True, err=True)
