"""`govcloud toolchain`."""

from __future__ import annotations

import click

from govcloud.cli.options import format_option
from govcloud.cli.output import Output, Shown
from govcloud.toolchain import VERSION, find_pulumi


@click.command()
@format_option
def toolchain(output: Output) -> None:
    """Find the Pulumi CLI; fetch or build it where there is none.

    \b
    Example:
      govcloud toolchain
    """
    with Shown() as progress:
        found = find_pulumi(progress)
    document = {"pulumi": str(found.binary), "version": VERSION, "origin": found.origin}
    output.show(document, f"Pulumi {VERSION} ({found.origin}): {found.binary}")
