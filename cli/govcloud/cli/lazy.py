"""Groups of verbs each of which is imported only when it is called: a start costs what is used."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """Imports a verb's module, which has its name and lies in `package`, only when that verb is meant."""

    def __init__(self, *arguments: Any, package: str, verbs: Mapping[str, str], **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._package = package
        self._verbs = verbs

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs by name."""
        return sorted(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command."""
        if cmd_name not in self._verbs:
            return None
        module = importlib.import_module(f"{self._package}.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs with a line each, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(self._verbs.items()))


def lazy_group(
    package: str, verbs: Mapping[str, str], **more: Any
) -> Callable[[Callable[..., Any]], LazyGroup]:
    """Makes a function the group of `verbs`, by name with a line about each, that lie in `package`."""

    def decorate(function: Callable[..., Any]) -> LazyGroup:
        made: LazyGroup = click.command(cls=LazyGroup, package=package, verbs=verbs, **more)(function)
        return made

    return decorate
