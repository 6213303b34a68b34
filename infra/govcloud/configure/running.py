"""Runs the playbook through ansible-runner and says, machine by machine, what came of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ansible_runner

from govcloud.configure.access import Access
from govcloud.configure.differences import difference, unchecked
from govcloud.configure.preparing import FORKS, Prepared
from govcloud.errors import ToolkitError
from govcloud.local import private_directory
from govcloud.progress import Progress

KEPT_RUNS = 5
"""Records of so many runs stay in the directory."""
HIDDEN = "a task that holds secrets"
"""How a change is named of which Ansible tells nothing but that it was made."""


@dataclass
class MachineRun:
    """What a run did on one machine: the tasks that changed something, and what failed."""

    machine: str
    done: int = 0
    changed: list[str] = field(default_factory=list)
    differences: list[tuple[str, str]] = field(default_factory=list)
    """Of a checked run: the tasks that would change something, each with the difference that it shows."""
    unchecked: list[str] = field(default_factory=list)
    """Of a checked run: the tasks that cannot tell what they would do."""
    error: ToolkitError | None = None

    @property
    def state(self) -> str:
        """`ok`, `changed`, or `failed`."""
        return "failed" if self.error else "changed" if self.changed else "ok"


@dataclass(frozen=True)
class PlaneRun:
    """A run over one plane; `seconds` is how long it took."""

    plane: str
    machines: tuple[MachineRun, ...]
    seconds: float

    @property
    def errors(self) -> list[ToolkitError]:
        """One error for each machine that failed."""
        return [run.error for run in self.machines if run.error]


class _Events:
    """Follows ansible-runner's events."""

    def __init__(self, plane: str, names: tuple[str, ...], progress: Progress) -> None:
        self.runs = {name: MachineRun(name) for name in names}
        self._plane = plane
        self._progress = progress
        self._step: str | None = None
        self._items: dict[str, Mapping[str, Any]] = {}

    def take(self, event: Mapping[str, Any]) -> bool:
        data = event.get("event_data") or {}
        kind = event.get("event")
        if kind == "playbook_on_play_start":
            self._play(str(data.get("play")))
        elif kind == "runner_item_on_failed":
            self._items[str(data.get("host"))] = data.get("res") or {}
        elif kind == "runner_on_skipped" and unchecked(data.get("res") or {}):
            if run := self.runs.get(str(data.get("host"))):
                run.unchecked.append(str(data.get("task")))
        elif kind in ("runner_on_ok", "runner_on_failed", "runner_on_unreachable"):
            run = self.runs.get(str(data.get("host")))
            if run is not None:
                self._result(run, str(kind), data)
        elif kind == "playbook_on_stats":
            self._count(data.get("changed") or {})
        return False  # the events are not kept: they would repeat every value of every task

    def end(self) -> None:
        if self._step:
            self._progress.done(self._step)

    def _play(self, name: str) -> None:
        self.end()
        self._step = f"configure {self._plane}: {name}"
        self._progress.step(self._step)

    def _count(self, changed: Mapping[str, int]) -> None:
        """Add the changes that were hidden, values and all, because their tasks hold secrets."""
        for name, run in self.runs.items():
            hidden = int(changed.get(name, 0)) - len(run.changed)
            run.changed += [HIDDEN] * hidden
            run.differences += [(HIDDEN, "")] * hidden

    def _result(self, run: MachineRun, kind: str, data: Mapping[str, Any]) -> None:
        result = data.get("res") or {}
        task = str(data.get("task"))
        if kind == "runner_on_ok":
            run.done += 1
            if result.get("changed"):
                run.changed.append(task)
                run.differences.append((task, difference(result)))
        elif not data.get("ignore_errors"):
            # Of a loop, the task itself says only that an item failed: what was wrong stands with the item.
            told = self._items.pop(run.machine, result) if "results" in result else result
            run.error = run.error or _error(f"{self._plane}/{run.machine}", task, kind, told)


def _error(where: str, task: str, kind: str, result: Mapping[str, Any]) -> ToolkitError:
    if "censored" in result:
        said = "what it said holds secrets and is not shown"
    else:
        parts = [str(result.get(key) or "").strip() for key in ("msg", "stderr", "module_stderr")]
        said = " · ".join(part for part in parts if part)[:600] or "it said nothing"
    if kind == "runner_on_unreachable":
        return ToolkitError(
            f"it cannot be reached: {said}",
            where,
            "see that it runs (`openstack server show`), and what `govcloud ssh` says",
        )
    return ToolkitError(
        f"task “{task}” failed: {said}", where, "mend what it names, then run configure again"
    )


def run(
    prepared: Prepared,
    progress: Progress,
    machines: tuple[str, ...] = (),
    check: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
) -> PlaneRun:
    """Apply the roles to the named machines, or to all; with `check`, only say what would change.

    Nothing is raised for a machine that fails: its error stands in the result. Raises ToolkitError when the
    run as a whole could not be made, or was cancelled.
    """
    names = machines or tuple(machine.id for machine in prepared.access.running)
    events = _Events(prepared.access.plane.id, names, progress)
    # ansible-runner reads what stands here as if it had been asked for: the `--check` of an earlier run, say.
    shutil.rmtree(prepared.directory / "env", ignore_errors=True)
    begun = time.monotonic()
    with _control_sockets(prepared.access) as sockets:
        ended = ansible_runner.run(
            private_data_dir=str(prepared.directory),
            playbook=str(prepared.playbook),
            inventory=str(prepared.inventory),
            limit=",".join(names),
            cmdline="--check --diff" if check else None,
            forks=FORKS,
            envvars=_environment(prepared, sockets),
            event_handler=events.take,
            cancel_callback=cancelled,
            suppress_env_files=True,
            rotate_artifacts=KEPT_RUNS,
            quiet=True,
        )
    events.end()
    made = PlaneRun(prepared.access.plane.id, tuple(events.runs.values()), time.monotonic() - begun)
    _demand_whole(ended, made)
    return made


def _demand_whole(ended: ansible_runner.Runner, made: PlaneRun) -> None:
    """Refuse what is no result: a run that was stopped, or one that failed without naming a machine."""
    where = f"configure {made.plane}"
    if ended.status == "canceled":
        raise ToolkitError("it was stopped", where, "run it again: what is done stays done")
    if ended.status != "successful" and not made.errors:
        tail = " ".join(Path(ended.config.artifact_dir, "stdout").read_text(errors="replace").split()[-80:])
        raise ToolkitError(f"Ansible ended with {ended.rc}: {tail}", where, "mend what it names")


def _environment(prepared: Prepared, sockets: Path) -> dict[str, str]:
    return {
        "PATH": f"{_programs()}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "ANSIBLE_CONFIG": str(prepared.settings),
        # ansible-runner switches the checking of host keys off unless the environment itself asks for it.
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(sockets),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_HOME": str(private_directory(prepared.directory / "home")),
        "LC_ALL": "C.UTF-8",
    }


def _programs() -> Path:
    """Where `ansible-playbook` lies: beside the interpreter that runs us, or else on the path."""
    beside = Path(sys.executable).parent
    found = shutil.which("ansible-playbook", path=str(beside)) or shutil.which("ansible-playbook")
    if found is None:
        raise ToolkitError("there is no ansible-playbook", remedy="install govcloud with its dependencies")
    return Path(found).parent


@contextmanager
def _control_sockets(access: Access) -> Iterator[Path]:
    """A directory for this run's shared connections; its path is short, because a socket's may not be long.

    Two sites may use the same addresses: a connection that another run left must never be taken for ours.
    """
    directory = Path(tempfile.mkdtemp(prefix="govcloud-"))
    try:
        yield directory
    finally:
        for socket in directory.iterdir():
            command = [
                "ssh",
                "-F",
                str(access.config),
                "-o",
                f"ControlPath={socket}",
                "-O",
                "exit",
                "machine",
            ]
            subprocess.run(command, capture_output=True, check=False, env={**os.environ, "LC_ALL": "C"})
        shutil.rmtree(directory, ignore_errors=True)
