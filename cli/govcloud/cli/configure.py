"""`govcloud configure`."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from govcloud.cli.machines import access_of, cloud_of, databases_of, provisioned, secrets_of
from govcloud.cli.options import format_option, site_of, site_options
from govcloud.cli.output import Output, Shown, table
from govcloud.configure import Finding, PlaneRun, prepare, run, trust, verify
from govcloud.engine import Site
from govcloud.errors import ToolkitError, ToolkitErrors


@dataclass(frozen=True)
class _Done:
    """What became of one plane."""

    run: PlaneRun
    findings: list[Finding]

    @property
    def errors(self) -> list[ToolkitError]:
        return [*self.run.errors, *(finding.error for finding in self.findings if not finding.holds)]


@click.command()
@site_options
@click.option("--machine", "machines", multiple=True, help="This machine alone; may be repeated.")
@click.option("--check", is_flag=True, help="Only say what would change.")
@format_option
def configure(
    inventory: Path,
    work: Path | None,
    planes: tuple[str, ...],
    machines: tuple[str, ...],
    check: bool,
    output: Output,
) -> int:
    """Configure the machines that run, through their plane's bastion, then look at them independently.

    \b
    Example:
      govcloud configure --plane extranet --machine portal-web --check
    """
    site = site_of(inventory, work, planes)
    wanted = _wanted(site, machines)
    with Shown() as progress:
        done, errors = _side_by_side(site, wanted, check, progress)
    output.show({"planes": [_document(one) for one in done]}, _text(done, check))
    errors += [error for one in done for error in one.errors]
    if errors:
        raise ToolkitErrors(errors)
    return 0


def _wanted(site: Site, machines: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """By plane: the machines to configure."""
    access = {plane: access_of(site, plane) for plane in provisioned(site)}
    if not machines:
        return {plane: tuple(m.id for m in way.running) for plane, way in access.items() if way.running}
    found: dict[str, tuple[str, ...]] = {}
    for plane, way in access.items():
        here = tuple(way.machine(name).id for name in machines if name in way.plane.machine)
        if here:
            found[plane] = here
    unknown = [name for name in machines if not any(name in here for here in found.values())]
    if unknown:
        running = sorted({machine.id for way in access.values() for machine in way.running})
        raise ToolkitError(
            f"there is no machine {', '.join(unknown)}",
            str(site.inventory),
            f"name one that runs: {', '.join(running)}",
        )
    return found


def _side_by_side(
    site: Site, wanted: dict[str, tuple[str, ...]], check: bool, progress: Shown
) -> tuple[list[_Done], list[ToolkitError]]:
    """Every plane in a thread of its own, with programs and files of its own; Ctrl-C ends them all.

    A plane that cannot be configured does not keep another from being so.
    """
    done, errors = [], []
    stop = threading.Event()
    with ThreadPoolExecutor(max(len(wanted), 1), thread_name_prefix="configure") as pool:
        jobs = [
            pool.submit(_one, site, plane, names, check, progress, stop) for plane, names in wanted.items()
        ]
        try:
            for job in jobs:
                try:
                    done.append(job.result())
                except ToolkitError as error:
                    errors += error.parts()
        except BaseException:
            stop.set()
            raise
    return done, errors


def _one(
    site: Site, plane: str, names: tuple[str, ...], check: bool, progress: Shown, stop: threading.Event
) -> _Done:
    access = access_of(site, plane)
    needed = list(dict.fromkeys([access.bastion.id, *names, *databases_of(access, names)]))
    machines = [access.machine(name) for name in needed]
    trust(access, cloud_of(site, plane), machines, progress, pause=stop.wait)
    prepared = prepare(site.topology, access, secrets_of(site, plane).value)
    made = run(prepared, progress, names, check, stop.is_set)
    failed = {one.machine for one in made.machines if one.error}
    sound = tuple(name for name in names if name not in failed)
    looked = (
        [] if check or not sound else verify(site.topology, access, progress, sound, cancelled=stop.is_set)
    )
    return _Done(made, looked)


def _document(done: _Done) -> dict[str, Any]:
    machines = [
        {
            "machine": one.machine,
            "state": one.state,
            "tasks": one.done,
            "changed": one.changed,
            "error": str(one.error) if one.error else None,
        }
        for one in done.run.machines
    ]
    findings = [
        {"machine": f.machine, "role": f.role, "what": f.what, "holds": f.holds, "seen": f.seen}
        for f in done.findings
    ]
    return {
        "plane": done.run.plane,
        "seconds": round(done.run.seconds, 1),
        "machines": machines,
        "findings": findings,
    }


def _text(done: list[_Done], check: bool) -> str:
    rows = []
    for one in done:
        for machine in one.run.machines:
            looked = [finding for finding in one.findings if finding.machine == machine.machine]
            held = sum(finding.holds for finding in looked)
            checks = f"{held} of {len(looked)} hold" if looked else "not looked at"
            changed = f"{len(machine.changed)} of {machine.done} tasks"
            rows.append((one.run.plane, machine.machine, machine.state, changed, checks))
    lines = [table(rows, ("plane", "machine", "state", "would change" if check else "changed", "verified"))]
    if check:
        lines += [
            f"{run.machine}: {task}" for one in done for run in one.run.machines for task in run.changed
        ]
    return "\n".join(lines)
