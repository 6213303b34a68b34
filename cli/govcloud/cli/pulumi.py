"""`govcloud pulumi`."""

from __future__ import annotations

from pathlib import Path

import click

from govcloud.cli.options import site_of, site_options
from govcloud.cli.output import Shown
from govcloud.engine import run_pulumi
from govcloud.errors import ToolkitError
from govcloud.toolchain import find_pulumi


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@site_options
@click.argument("stack")
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED)
def pulumi(
    inventory: Path, work: Path | None, planes: tuple[str, ...], stack: str, arguments: tuple[str, ...]
) -> int:
    """Run the plain Pulumi CLI over STACK (plane/stack), with its state, key and provider at hand.

    What works: `stack`, `stack export`, `stack history`, `stack graph`, `state …`, `refresh`, `cancel`, and
    whatever else needs no program. What does not: `preview`, `up`, `destroy`, `import`. There is no program
    to run, and the cloud changes by a plan alone: use `govcloud plan` and `govcloud apply`.

    Whatever writes holds the plane's lease, as a plan does; reading goes on beside a run. Only `refresh`
    logs in to the cloud. The exit code is Pulumi's. `--stack` is set; begin with the command, options behind.

    \b
    Example:
      govcloud pulumi extranet/core -- stack export
      govcloud pulumi extranet/core -- refresh --preview-only
    """
    plane, slash, _ = stack.partition("/")
    if not slash:
        raise ToolkitError(f"{stack} names no plane", remedy="say plane/stack; `govcloud stacks` lists them")
    words = arguments[1:] if arguments[:1] == ("--",) else arguments
    site = site_of(inventory, work, planes or (plane,))
    if plane not in site.planes:
        raise ToolkitError(f"{plane} is no plane with a cloud", str(inventory), "see `govcloud stacks`")
    with Shown() as progress:
        setting = site.setting(plane, find_pulumi(progress).root)
    return run_pulumi(setting, stack, words)
