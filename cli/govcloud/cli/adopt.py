"""`govcloud adopt`."""

from __future__ import annotations

from pathlib import Path

import click

from govcloud.cli.options import format_option, site_of, site_options, wait_option
from govcloud.cli.output import Output, Shown
from govcloud.engine import Adopted, SecretSource, each_plane
from govcloud.engine import adopt as take_in
from govcloud.errors import ToolkitError
from govcloud.toolchain import find_pulumi

NAMED = 5


@click.command()
@site_options
@click.option(
    "--rotate",
    "rotated",
    multiple=True,
    help="Make this secret anew; the next apply writes it. May be repeated.",
)
@wait_option
@format_option
def adopt(
    inventory: Path,
    work: Path | None,
    planes: tuple[str, ...],
    rotated: tuple[str, ...],
    wait: float,
    output: Output,
) -> None:
    """Rebuild a lost state from the cloud: take in what bears our marker, or is named in an adoption.

    Changes nothing in the cloud. Passwords are taken to be what the secret source says; where they are not,
    name them with --rotate, and the next plan writes new ones.

    \b
    Example:
      govcloud adopt --plane extranet
    """
    site = site_of(inventory, work, planes)
    with Shown() as progress:
        settings = site.settings(find_pulumi(progress).root)
        if rotated and len(settings) != 1:
            raise ToolkitError("secrets are a plane's own", "--rotate", "name the plane: --plane NAME")
        done = each_plane(settings, lambda setting: take_in(setting, progress, wait))
    for name in rotated:
        SecretSource(settings[0].work, settings[0].secrets).rotate(name)
    document = [
        {"plane": one.plane, "adopted": dict(one.by_stack), "absent": list(one.absent)} for one in done
    ]
    output.show({"adopted": document}, "\n".join(map(_text, done)))


def _text(done: Adopted) -> str:
    text = f"{done.plane}: {sum(done.by_stack.values())} objects taken in"
    if done.absent:
        more = " …" if len(done.absent) > NAMED else ""
        text += f"; {len(done.absent)} do not stand: {', '.join(done.absent[:NAMED])}{more}"
    return text
