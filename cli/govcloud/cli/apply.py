"""`govcloud apply`."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from govcloud.cli.machines import Machines
from govcloud.cli.options import format_option, site_of, site_options, stack_options, wait_option
from govcloud.cli.output import Output, Shown, counts
from govcloud.engine import (
    PlanFolder,
    Setting,
    Site,
    apply_plan,
    each_plane,
    make_plan,
    read_plan,
    write_plan,
)
from govcloud.errors import ToolkitError
from govcloud.toolchain import find_pulumi


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(file_okay=False, path_type=Path))
@site_options
@stack_options
@click.option("--destroy", is_flag=True, help="Take everything down, data and all.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@wait_option
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
    wait: float,
    output: Output,
) -> None:
    """Make the clouds what the plans in FOLDERS say; without folders, plan first and ask.

    \b
    Example:
      govcloud apply .govcloud/jiujiang/extranet/plans/20260301T090000Z-extranet
    """
    site = site_of(inventory, work, planes)
    given = _given(folders)
    with Shown() as progress:
        settings = [
            s
            for s in site.settings(find_pulumi(progress).root, (*stacks, *targets))
            if not given or s.plane in given
        ]
        if not given:
            now = datetime.now(UTC)

            def make(s: Setting) -> PlanFolder:
                made = make_plan(s, progress, now, s.own(stacks), s.own(targets), destroy, getpass.getuser())
                return write_plan(made, s.work.plans)

            given = {folder.plan.plane: folder for folder in each_plane(settings, make)}
            for plane, folder in given.items():
                click.echo(f"{plane}: {folder.sealed.folder}", err=True)
    _demand_planes(given, settings)
    _ask(list(given.values()), yes)
    _carry_out(site, settings, given, wait, output)


def _given(folders: tuple[Path, ...]) -> dict[str, PlanFolder]:
    """The plans in the folders, by plane; one a plane."""
    found: dict[str, PlanFolder] = {}
    for folder in map(read_plan, folders):
        if folder.plan.plane in found:
            raise ToolkitError(
                f"two plans are for {folder.plan.plane}",
                str(folder.sealed.folder),
                "apply one, then plan again",
            )
        found[folder.plan.plane] = folder
    return found


def _demand_planes(given: Mapping[str, PlanFolder], settings: list[Setting]) -> None:
    """A plan is for a plane that is at hand: one for another would be passed over."""
    for plane in given.keys() - {setting.plane for setting in settings}:
        raise ToolkitError(
            f"it is for plane {plane}", str(given[plane].sealed.folder), "name the inventory it was made from"
        )


def _carry_out(
    site: Site, settings: list[Setting], given: Mapping[str, PlanFolder], wait: float, output: Output
) -> None:
    with Shown() as progress:
        busy = [setting for setting in settings if given[setting.plane].plan]

        def carry(setting: Setting) -> dict[str, object]:
            folder = given[setting.plane]
            machines = Machines(site, folder.plan, progress)
            done = apply_plan(folder, setting, progress, datetime.now(UTC), wait, machines)
            return {"done": dict(done.done), "standing": done.standing, "history": done.history}

        done = each_plane(busy, carry) if busy else []
    results = {setting.plane: one for setting, one in zip(busy, done, strict=True)}
    lines = [f"{plane}: {r['standing']} objects stand as planned" for plane, r in results.items()]
    output.show({"applied": results}, "\n".join(lines) or "nothing to do")


def _ask(folders: list[PlanFolder], yes: bool) -> None:
    for folder in folders:
        click.echo(f"{folder.plan.plane}: {counts(folder.plan.counts())}", err=True)
    if yes or not any(folder.plan for folder in folders):
        return
    if not sys.stdin.isatty():
        raise ToolkitError("there is no terminal to ask on", remedy="read the plan, then say --yes")
    click.confirm("Apply?", abort=True, err=True)
