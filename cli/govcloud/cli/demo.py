"""`govcloud demo`."""

from __future__ import annotations

from pathlib import Path

import click

from govcloud.cli.options import site_of, site_options
from govcloud.cli.output import Told
from govcloud.demo import demonstrate, report_text


@click.command()
@site_options
def demo(inventory: Path, work: Path | None, planes: tuple[str, ...]) -> int:
    """Raise the whole city on the lab, and end with a short report of what stands and what was tried.

    \b
    Example:
      govcloud demo
    """
    told = Told()
    report = demonstrate(site_of(inventory, work, planes), told, told.say)
    click.echo(report_text(report))
    return 0 if report.holds else 1
