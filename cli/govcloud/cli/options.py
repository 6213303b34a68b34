"""Options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from govcloud.cli.output import Output
from govcloud.engine import Site

Command = TypeVar("Command", bound=Callable[..., Any])


def site_options(command: Command) -> Command:
    """`--inventory`, `--work` and `--plane`, from which `site_of` opens the site."""
    command = click.option(
        "--inventory",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="GOVCLOUD_INVENTORY",
        default=Path("inventories/jiujiang"),
        show_default=True,
        help="The site's inventory directory [GOVCLOUD_INVENTORY].",
    )(command)
    command = click.option(
        "--work",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="GOVCLOUD_WORK",
        help="Where state, plans and keys lie [GOVCLOUD_WORK; .govcloud/<site>].",
    )(command)
    return click.option("--plane", "planes", multiple=True, help="This plane alone; may be repeated.")(
        command
    )


def site_of(inventory: Path, work: Path | None, planes: tuple[str, ...]) -> Site:
    """The site that the options name."""
    return Site(inventory, work, planes)


def format_option(command: Command) -> Command:
    """`--format text|json`, handed on as `output`."""
    return click.option(
        "--format",
        "output",
        type=click.Choice(["text", "json"]),
        default="text",
        callback=lambda _context, _parameter, value: Output(value),
        help="What stdout holds: text for people, or one JSON document.",
    )(command)


def stack_options(command: Command) -> Command:
    """`--stack` and `--target`."""
    command = click.option("--stack", "stacks", multiple=True, help="This stack alone; may be repeated.")(
        command
    )
    return click.option(
        "--target", "targets", multiple=True, help="This resource alone (plane/stack/name); may be repeated."
    )(command)


def key_option(text: str) -> Callable[[Command], Command]:
    """`--key FILE`, handed on as `key`."""
    return click.option(
        "--key",
        type=click.Path(dir_okay=False, path_type=Path),
        envvar="GOVCLOUD_KEY",
        help=f"{text} [GOVCLOUD_KEY].",
    )


def wait_option(command: Command) -> Command:
    """`--wait SECONDS`."""
    return click.option(
        "--wait",
        type=click.FloatRange(min=0),
        default=0.0,
        metavar="SECONDS",
        help="How long to wait for another run to let go of a stack.",
    )(command)


def trust_options(command: Command) -> Command:
    """`--work`, `--allowed-signers` and `--revoked-keys`: whose signatures count."""
    file = click.Path(dir_okay=False, path_type=Path)
    command = click.option("--revoked-keys", type=file, help="Keys that count no more.")(command)
    command = click.option(
        "--allowed-signers",
        type=file,
        help="Who may sign, in OpenSSH's format [<work>/<plane>/allowed_signers].",
    )(command)
    return click.option(
        "--work",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="GOVCLOUD_WORK",
        help="Where state, plans and keys lie [GOVCLOUD_WORK; .govcloud/<site>].",
    )(command)
