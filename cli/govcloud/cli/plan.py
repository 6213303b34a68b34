"""`govcloud plan`, with `plan verify` and `plan history`."""

from __future__ import annotations

import getpass
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from govcloud.cli.machines import Machines
from govcloud.cli.options import (
    format_option,
    key_option,
    site_of,
    site_options,
    stack_options,
    trust_options,
)
from govcloud.cli.output import Output, Shown, counts, table
from govcloud.cli.signing import trust_for
from govcloud.engine import (
    History,
    Plan,
    PlanFolder,
    Setting,
    Site,
    demand_readable,
    each_plane,
    make_plan,
    open_store,
    plan_summary,
    read_plan,
    write_plan,
)
from govcloud.evidence import Approval, approval_of, sign_as_author
from govcloud.progress import Progress
from govcloud.toolchain import find_pulumi


@click.group(invoke_without_command=True)
@site_options
@stack_options
@click.option("--destroy", is_flag=True, help="Plan to take everything down, data and all.")
@click.option(
    "--configure/--no-configure",
    "configured",
    default=False,
    help="Look at the machines, too: what Ansible would change there.",
)
@key_option("Sign the plan as its author with this SSH key")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 3 when there is something to do.")
@format_option
@click.pass_context
def plan(
    context: click.Context,
    inventory: Path,
    work: Path | None,
    planes: tuple[str, ...],
    stacks: tuple[str, ...],
    targets: tuple[str, ...],
    destroy: bool,
    configured: bool,
    key: Path | None,
    detailed_exitcode: bool,
    output: Output,
) -> int:
    """Compare the declaration with the clouds and write down what an apply would do.

    Each plane gets a sealed folder with plan.html to read and plan.json to apply.

    \b
    Example:
      govcloud plan --inventory inventories/jiujiang --plane extranet
    """
    if context.invoked_subcommand is not None:
        return 0
    site = site_of(inventory, work, planes)
    with Shown() as progress:
        settings = site.settings(find_pulumi(progress).root, (*stacks, *targets))
        now = datetime.now(UTC)

        def make(setting: Setting) -> Plan:
            own, aimed = setting.own(stacks), setting.own(targets)
            made = make_plan(setting, progress, now, own, aimed, destroy, getpass.getuser())
            return _with_machines(site, made, progress) if configured and not destroy else made

        plans = each_plane(settings, make)
    folders = [written(site, made, key) for made in plans]
    document = [{"folder": str(f.sealed.folder), "digest": f.digest, **f.plan.document()} for f in folders]
    output.show({"plans": document}, "\n".join(_line(folder, key) for folder in folders))
    return 3 if detailed_exitcode and any(plans) else 0


def _with_machines(site: Site, made: Plan, progress: Progress) -> Plan:
    return replace(made, machines=Machines(site, made, progress).check())


def written(site: Site, made: Plan, key: Path | None) -> PlanFolder:
    """The plan in a folder of its plane, signed where its author has named a key."""
    folder = write_plan(made, site.plane_work(made.plane).plans)
    if key is not None:
        sign_as_author(folder.sealed, key)
    return folder


def _line(folder: PlanFolder, key: Path | None) -> str:
    made = folder.plan
    text = f"{made.plane}: {counts(made.counts())}\n  {folder.sealed.folder}/plan.html"
    if made and made.signatures and key is None:
        text += f"\n  not signed: {made.signatures} approvals are asked for, so plan again with --key"
    return text


@plan.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@trust_options
@format_option
def verify(
    folder: Path, work: Path | None, allowed_signers: Path | None, revoked_keys: Path | None, output: Output
) -> int:
    """Check a plan folder and its signatures. Needs neither credentials nor a network.

    \b
    Example:
      govcloud plan verify plans/20260301T090000Z-extranet --allowed-signers allowed_signers
    """
    read = read_plan(folder)
    demand_readable(read)
    trust = trust_for(read.plan.site, read.plan.plane, work, allowed_signers, revoked_keys)
    approval = approval_of(read.sealed, trust, datetime.now(UTC))
    enough = approval.author is not None and len(approval.approvers) >= read.plan.signatures
    expired = read.plan.expires < datetime.now(UTC)
    output.show(_verified(read, approval), _told(read, approval, expired))
    return 0 if (enough or not read.plan.signatures) and not expired else 4


def _verified(read: PlanFolder, approval: Approval) -> dict[str, Any]:
    return {
        "digest": read.digest,
        "site": read.plan.site,
        "plane": read.plan.plane,
        "made": read.plan.made.isoformat(),
        "expires": read.plan.expires.isoformat(),
        "counts": read.plan.counts(),
        "signatures_asked": read.plan.signatures,
        "author": approval.author.principal if approval.author else None,
        "approvers": [one.principal for one in approval.approvers],
    }


def _told(read: PlanFolder, approval: Approval, expired: bool) -> str:
    author = f"{approval.author.principal} ({approval.author.fingerprint})" if approval.author else "nobody"
    others = ", ".join(f"{one.principal} ({one.fingerprint})" for one in approval.approvers) or "nobody"
    return "\n".join(
        [
            f"whole: {len(read.sealed.files)} files, digest {read.digest}",
            f"{read.plan.site}, {read.plan.plane}: {counts(read.plan.counts())}",
            f"signed by its author: {author}",
            f"approved by: {others}; {read.plan.signatures} are asked for",
            f"{'expired' if expired else 'expires'} at {read.plan.expires:%Y-%m-%d %H:%M} UTC",
        ]
    )


@plan.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def show(folder: Path) -> None:
    """Print a plan's summary in Markdown, for a merge request.

    \b
    Example:
      govcloud plan show plans/20260301T090000Z-extranet
    """
    read = read_plan(folder)
    click.echo(plan_summary(read.plan, read.digest))


@plan.command()
@site_options
@format_option
def history(inventory: Path, work: Path | None, planes: tuple[str, ...], output: Output) -> None:
    """Show the plans that were applied, each entry checked against the one before.

    The last digest names the whole history: keep it elsewhere, and a rewriting shows.

    \b
    Example:
      govcloud plan history --plane extranet
    """
    site = site_of(inventory, work, planes)
    rows, document = [], []
    for plane in site.planes:
        store = open_store(site.topology.planes[plane].declaration.state, site.plane_work(plane).state)
        for entry in History(store).entries():
            said = entry.said
            rows.append(
                (
                    plane,
                    entry.number,
                    said["at"],
                    said["what"],
                    str(said.get("plan", ""))[:16],
                    entry.digest[:16],
                )
            )
            document.append({"number": entry.number, "digest": entry.digest, "before": entry.before, **said})
    heads = ("plane", "number", "at", "what", "plan", "digest")
    output.show({"entries": document}, table(rows, heads) if rows else "nothing has been applied")
