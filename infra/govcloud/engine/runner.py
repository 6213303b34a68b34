"""Pulumi's engine, driven through the Automation API: one preview or update of one stack."""

from __future__ import annotations

import contextlib
import functools
import re
import shlex
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil
from pulumi import automation
from pulumi.automation._stack import StackInitMode

from govcloud.engine.backend import Backend
from govcloud.engine.programs import pulumi_stack, urn
from govcloud.engine.registering import program
from govcloud.engine.state import read_stack
from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.local import write_private
from govcloud.provider import Declared, address_of
from govcloud.stacks import Stack

PARALLEL = 16
"""Resources of one stack that may be under way at once."""
LEAN = {
    # Fewer collections of Go's garbage: an engine lives for minutes and holds one stack.
    "GOGC": "400",
    # The state is written once, at the end: what a killed run has made is known by its markers.
    "PULUMI_SKIP_CHECKPOINTS": "true",
}
"""What the engine need not do. See decision 0009."""


@dataclass(frozen=True)
class EngineStep:
    """One step that the engine means to take or has taken, as its events tell it."""

    address: str
    kind: str
    operation: str
    identifier: str


@dataclass
class Outcome:
    """What one run of the engine over a stack has said."""

    steps: list[EngineStep] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class _LeanStack(automation.Stack):
    """A stack whose update asks the engine nothing more: nobody reads outputs or history here.

    The Automation API otherwise starts three more processes after each update.
    """

    def outputs(self) -> automation.OutputMap:
        """Nothing: ids are in the state."""
        return {}

    def info(self, show_secrets: bool = True) -> automation.UpdateSummary:
        """A summary in form only."""
        return automation.UpdateSummary(
            kind="update",
            start_time=datetime.now(UTC),
            message="",
            environment={},
            config={},
            result="succeeded",
        )


@functools.cache
def _command(root: Path, home: Path) -> automation.PulumiCommand:
    """Pulumi's CLI, asked for its version once, and started so that it ends with who waits for it."""
    command = automation.PulumiCommand(root=str(root))
    launcher = shutil.which("setpriv")
    if launcher is not None:
        words = shlex.join([launcher, "--pdeathsig", "KILL", "--", command.command])
        script = home / "pulumi-that-ends-with-us"
        write_private(script, f'#!/bin/sh\nexec {words} "$@"\n')
        script.chmod(0o700)
        command.command = str(script)
    return command


class Runner:
    """Runs the engine for the stacks of one plane, attached to a provider that runs already."""

    def __init__(
        self, backend: Backend, pulumi_root: Path, provider: Mapping[str, str], message: str
    ) -> None:
        self._message = message
        self.backend = backend
        self.environment = {**backend.environment(provider), **LEAN}
        self._command = _command(pulumi_root, Path(self.environment["PULUMI_HOME"]))

    def preview(self, stack: Stack, declared: Mapping[str, Declared], targets: Sequence[str] = ()) -> Outcome:
        """What an update would do; with `targets`, what it would do to these addresses alone."""
        outcome = Outcome()

        def look(opened: automation.Stack, hear: Callable[[automation.EngineEvent], None]) -> None:
            opened.preview(on_event=hear, parallel=PARALLEL, color="never", target=self._urns(stack, targets))

        self._run(stack, declared, outcome, look)
        return outcome

    def update(
        self,
        stack: Stack,
        declared: Mapping[str, Declared],
        on_step: Callable[[EngineStep], None],
        targets: Sequence[str] = (),
    ) -> Outcome:
        """Do it; `on_step` hears of each step that has ended well."""
        outcome = Outcome()

        def up(opened: automation.Stack, hear: Callable[[automation.EngineEvent], None]) -> None:
            def listen(event: automation.EngineEvent) -> None:
                hear(event)
                if event.res_outputs_event is not None:
                    step = _step(event.res_outputs_event.metadata)
                    if step is not None:
                        on_step(step)

            opened.up(
                on_event=listen,
                parallel=PARALLEL,
                message=self._message,
                color="never",
                target=self._urns(stack, targets),
            )

        self._run(stack, declared, outcome, up)
        return outcome

    def kill(self) -> None:
        """End every engine at once: what one would still write is another run's by now."""
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if child.name() == "pulumi" and Path(child.cwd()).is_relative_to(self.backend.work.projects):
                    child.kill()

    def _urns(self, stack: Stack, targets: Sequence[str]) -> list[str] | None:
        """The engine's names of the targets in this stack; None, which means all, only without targets."""
        if not targets:
            return None
        site = self.backend.site
        state = read_stack(self.backend.store, site, stack.name)
        kinds = {held.address: held.kind for held in state.held}
        kinds |= {stack.address(resource.name): resource.kind for resource in stack.resources}
        return [urn(site, target, kinds[target]) for target in targets if target in kinds]

    def _run(
        self, stack: Stack, declared: Mapping[str, Declared], outcome: Outcome, act: Callable[..., None]
    ) -> None:
        def hear(event: automation.EngineEvent) -> None:
            if event.resource_pre_event is not None:
                step = _step(event.resource_pre_event.metadata)
                if step is not None:
                    outcome.steps.append(step)
            elif event.diagnostic_event is not None and event.diagnostic_event.severity == "error":
                outcome.errors.append(event.diagnostic_event.message)

        try:
            act(self._open(stack, declared), hear)
        except automation.CommandError as error:
            raise ToolkitErrors(_told(outcome.errors or [str(error)], stack.name)) from error

    def _open(self, stack: Stack, declared: Mapping[str, Declared]) -> automation.Stack:
        name = pulumi_stack(stack.name)
        workspace = automation.LocalWorkspace(
            work_dir=str(self.backend.project(stack.name)),
            pulumi_command=self._command,
            program=program(self.backend.site, stack, declared),
            env_vars=self.environment,
        )
        opened = _LeanStack.__new__(_LeanStack)
        opened.name, opened.workspace, opened._mode = name, workspace, StackInitMode.SELECT
        if not self.backend.knows(stack.name):
            # `automation.Stack` would ask with a process of its own whether the stack exists.
            self.backend.begin(stack.name)
        return opened


def _step(metadata: automation.StepEventMetadata) -> EngineStep | None:
    if ":openstack:" not in metadata.type:
        return None
    operation = str(getattr(metadata.op, "value", metadata.op))
    identifier = metadata.old.id if metadata.old is not None else ""
    kind = metadata.type.rpartition(":")[2]
    return EngineStep(address_of(metadata.urn), kind, operation, identifier or "")


def _told(messages: list[str], stack: str) -> list[ToolkitError]:
    """The engine's messages as errors, without its own preambles, colours and repetitions."""
    found = []
    for message in dict.fromkeys(messages):
        text = re.sub(r"<\{%[^%]*%\}>|rpc error: code = \w+ desc = |^Preview failed: ", "", message).strip()
        what, _, remedy = text.partition("\n  remedy: ")
        if what and what not in ("update failed", "preview failed"):
            found.append(ToolkitError(what, f"stack {stack}", remedy or "mend it, then run it again"))
    return found or [ToolkitError("the engine failed and did not say why", f"stack {stack}", "run it again")]
