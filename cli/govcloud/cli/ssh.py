"""`govcloud ssh`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from govcloud.cli.machines import access_of, cloud_of, plane_of
from govcloud.cli.options import site_of, site_options
from govcloud.cli.output import Shown
from govcloud.configure import trust, trusted


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@site_options
@click.argument("machine")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def ssh(
    inventory: Path, work: Path | None, planes: tuple[str, ...], machine: str, command: tuple[str, ...]
) -> None:
    """Log in to MACHINE through its plane's bastion, or run COMMAND there.

    The host keys of both are those that the plane's cloud reported; any other is refused.

    \b
    Example:
      govcloud ssh --plane extranet portal-web -- systemctl status portal
    """
    site = site_of(inventory, work, planes)
    access = access_of(site, plane_of(site, machine))
    target = access.machine(machine)
    needed = [access.bastion, target] if target.id != access.bastion.id else [target]
    if not trusted(access, needed):
        with Shown() as progress:
            trust(access, cloud_of(site, access.plane.id), needed, progress)
    access.write_config()
    # The `--` that ends our own options may stand after MACHINE, as in the example.
    words = access.command(target, command[1:] if command[:1] == ("--",) else command)
    os.execvp(words[0], words)  # noqa: S606 - an argument list, and no shell
