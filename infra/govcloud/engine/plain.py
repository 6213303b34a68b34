"""The plain Pulumi CLI over one stack, for those who know it.

It brings no way round a plan: there is no program to run, and the provider that is attached refuses every
create, update and delete, because no plan holds any.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from types import FrameType

from govcloud.engine.leases import Leases
from govcloud.engine.programs import pulumi_stack
from govcloud.engine.setting import Setting
from govcloud.errors import ToolkitError
from govcloud.provider import Permits


class Use(Enum):
    """What a command of Pulumi's needs of us."""

    READS = "reads the state"
    WRITES = "writes the state, so no other run may"
    ASKS_THE_CLOUD = "writes the state after asking the cloud"


READING = (
    ("about",),
    ("config", "get"),
    ("logs",),
    ("plugin", "ls"),
    ("stack", "export"),
    ("stack", "graph"),
    ("stack", "history"),
    ("stack", "list"),
    ("stack", "ls"),
    ("stack", "output"),
    ("state", "get"),
    ("version",),
    ("whoami",),
)
"""Commands that change nothing: they need no lease, and work while another run holds it."""
READING_ALONE = frozenset({"config", "stack"})
"""Commands that read when they stand without a subcommand."""
STATEFUL = frozenset({"config", "logs", "stack", "state"})
"""Reading commands that speak of the one stack; where it has no state, Pulumi says that none is chosen."""
ASKING = frozenset({"refresh"})
PLANNED = {
    "destroy": "run `govcloud plan --destroy`, read it, then `govcloud apply` its folder",
    "do": "declare it in the inventory, then run `govcloud plan`",
    "import": "run `govcloud plan`: what bears our marker is found, and `govcloud apply` adopts it",
    "new": "run `govcloud init`",
    "preview": "run `govcloud plan`",
    "up": "run `govcloud plan`, read it, then `govcloud apply` its folder",
    "update": "run `govcloud plan`, read it, then `govcloud apply` its folder",
    "watch": "run `govcloud plan`, read it, then `govcloud apply` its folder",
}
"""Commands that need a program or change the cloud, with what does their work here."""
HELP = frozenset({"-h", "--help", "--version"})
OURS = re.compile(r"-[sC]|(--stack|--cwd)(=|$)")
"""Options that would lead to another stack than the one that was named."""


def run_pulumi(setting: Setting, stack: str, arguments: Sequence[str]) -> int:
    """Run `pulumi ARGUMENTS` in the stack's own directory; standard input and output are the caller's.

    Returns Pulumi's exit code. Commands that write hold the stack's lease. Raises ToolkitError for a stack
    that does not exist, a command that belongs to a plan, and an option that names another stack.
    """
    arguments = list(arguments) or ["--help"]
    use = use_of(arguments)
    _demand_known(setting, stack)
    if use is Use.READS:
        if setting.backend.knows(stack) or arguments[0] not in STATEFUL or arguments[-1] in HELP:
            return _call(setting, stack, arguments)
        raise _no_state(stack)
    with Leases(setting.store, [stack], f"pulumi {arguments[0]}"):
        setting.backend.clear_stale_locks([stack])
        if not setting.backend.knows(stack):
            _begin(setting, stack, arguments)
        if use is Use.WRITES:
            return _call(setting, stack, arguments)
        with setting.running("pulumi", setting.state(), Permits(())) as (_, runner):
            return _call(setting, stack, arguments, runner.environment)


def use_of(arguments: Sequence[str]) -> Use:
    """What a command needs; ToolkitError for one that cannot be run by hand."""
    first, last = arguments[0], arguments[-1]
    if first in PLANNED:
        raise ToolkitError(f"`{first}` goes through a plan here", "pulumi", PLANNED[first])
    if HELP & {first, last}:
        return Use.READS
    if first.startswith("-"):
        raise ToolkitError(f"a command was expected and not {first}", "pulumi", "put options behind it")
    for argument in arguments:
        if OURS.match(argument):
            raise ToolkitError(f"{argument} is set already", "pulumi", "name the stack before the `--`")
    if first in ASKING:
        return Use.ASKS_THE_CLOUD
    alone = first in READING_ALONE and all(word.startswith("-") for word in arguments[1:])
    # The words must stand side by side: behind an option, a word may be that option's value.
    reads = alone or any(tuple(arguments[: len(words)]) == words for words in READING)
    return Use.READS if reads else Use.WRITES


def _demand_known(setting: Setting, stack: str) -> None:
    if stack not in {one.name for one in setting.stacks} and not setting.backend.knows(stack):
        raise ToolkitError(
            f"there is no stack {stack}", f"plane {setting.plane}", "`govcloud stacks` lists them"
        )


def _begin(setting: Setting, stack: str, arguments: Sequence[str]) -> None:
    """Make the stack that a saved state goes into; nothing else can be written where there is none."""
    if tuple(arguments[:2]) != ("stack", "import"):
        raise _no_state(stack)
    setting.backend.begin(stack)


def _no_state(stack: str) -> ToolkitError:
    remedy = "`govcloud apply` makes it; `stack import --file FILE` puts a saved one back"
    return ToolkitError("it has no state yet", f"stack {stack}", remedy)


def _call(
    setting: Setting,
    stack: str,
    arguments: Sequence[str],
    environment: Mapping[str, str] | None = None,
) -> int:
    directory = setting.backend.project(stack)
    ours = {**(environment or setting.backend.environment()), "PULUMI_STACK": pulumi_stack(stack)}
    with _ends_by_itself():
        done = subprocess.Popen(
            [str(setting.pulumi_root / "bin" / "pulumi"), *arguments],
            cwd=directory,
            env={**_inherited(), **ours, "PWD": str(directory)},
        )
        code = done.wait()
    return code if code >= 0 else 128 - code


def _inherited() -> dict[str, str]:
    """The caller's environment without what would lead Pulumi elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}


@contextlib.contextmanager
def _ends_by_itself() -> Iterator[None]:
    """Ctrl-C is for Pulumi, which hears it too and ends in order; we wait for that."""

    def leave(number: int, frame: FrameType | None) -> None:
        """Nothing: a handler, unlike SIG_IGN, is not handed on to the child."""

    before = signal.signal(signal.SIGINT, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
