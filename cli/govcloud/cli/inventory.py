"""`govcloud inventory`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from govcloud.cli.machines import access_of, provisioned, secrets_of
from govcloud.cli.options import site_of, site_options
from govcloud.configure import inventory as ansible_inventory
from govcloud.configure import prepare
from govcloud.errors import ToolkitError


@click.command()
@site_options
@click.option("--list", "whole", is_flag=True, help="Everything: groups, and every machine's variables.")
@click.option("--host", "host", help="One machine's variables.")
def inventory(
    inventory: Path, work: Path | None, planes: tuple[str, ...], whole: bool, host: str | None
) -> None:
    """Print one plane's Ansible inventory, as a program that `ansible-playbook -i` runs would.

    It holds no secret: those lie in a private file of the plane, which Ansible reads by itself.

    \b
    Example:
      govcloud inventory --plane extranet --list
    """
    if whole == bool(host):
        raise click.UsageError("say either --list or --host MACHINE")
    site = site_of(inventory, work, planes)
    here = provisioned(site)
    if len(here) != 1:
        raise ToolkitError(
            f"an inventory is that of one plane, and there are {', '.join(here)}",
            str(site.inventory),
            f"say which: --plane {here[0]}",
        )
    access = access_of(site, here[0])
    prepare(site.topology, access, secrets_of(site, access.plane.id).value)
    document = ansible_inventory(site.topology, access)
    shown = document["_meta"]["hostvars"][access.machine(host).id] if host else document
    click.echo(json.dumps(shown, ensure_ascii=False, indent=1))
