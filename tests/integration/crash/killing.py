"""Ends applies by force at random instants, and looks at what the next run makes of it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from govcloud.engine import Setting
from govcloud.provider import KINDS
from integration.conftest import ROOT

VICTIMS = ("command", "engine", "both")
OUTLIVES = 5.0
"""Seconds within which every process of a killed run must have ended."""
RUNS_FOR = 300.0


@dataclass
class Kills:
    """What was killed, and how many creates were under way at that moment."""

    victims: Counter[str] = field(default_factory=Counter)
    in_flight: list[int] = field(default_factory=list)
    survivors: list[str] = field(default_factory=list)

    @property
    def number(self) -> int:
        """How many runs were killed."""
        return self.victims.total()

    @property
    def amid_a_create(self) -> int:
        """Kills that met at least one create on its way."""
        return sum(count > 0 for count in self.in_flight)


@dataclass(frozen=True)
class Ground:
    """What is applied and killed: the arguments of `apply`, and a plane's setting over the same work."""

    setting: Setting
    arguments: tuple[str, ...]
    log: Path
    adopts: bool = True

    def start(self) -> subprocess.Popen[str]:
        """An apply in a session of its own."""
        mode = [] if self.adopts else ["--without-adoption"]
        words = [sys.executable, "-m", "integration.crash.child", str(self.log), *mode, "--", *self.arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
        return subprocess.Popen(
            words,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=environment,
        )

    def under_way(self, pid: int) -> int:
        """Creates of a run that have begun and not ended."""
        begun, ended = self._calls(pid)
        return len([number for number, what in begun.items() if number not in ended and what == "POST"])

    def begun(self, pid: int) -> int:
        """Changing calls that a run has begun."""
        return len(self._calls(pid)[0])

    def _calls(self, pid: int) -> tuple[dict[str, str], set[str]]:
        begun: dict[str, str] = {}
        ended: set[str] = set()
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        for line in lines:
            what, process, number, method, _ = line.split(" ", 4)
            if int(process) == pid and what == "begin":
                begun[number] = method
            elif int(process) == pid:
                ended.add(number)
        return begun, ended


def kill_until(ground: Ground, wanted: int, dice: random.Random, kills: Kills, calls: int = 24) -> None:
    """Start applies and kill each amid its first `calls` calls, until `wanted` were or one came to its end."""
    while kills.number < wanted:
        with ground.start() as run:
            if not _reach(ground, run, dice, calls):
                _, said = run.communicate(timeout=RUNS_FOR)
                assert run.returncode == 0, said
                return
            _kill(ground, run, dice.choice(VICTIMS), kills)


def _reach(ground: Ground, run: subprocess.Popen[str], dice: random.Random, most: int) -> bool:
    """Wait for a random instant of a run; False where it has ended before."""
    calls, pause = dice.randint(1, most), dice.uniform(0.0, 0.3)
    while ground.begun(run.pid) < calls:
        if run.poll() is not None:
            return False
        time.sleep(0.005)
    time.sleep(pause)
    return run.poll() is None


def _kill(ground: Ground, run: subprocess.Popen[str], victim: str, kills: Kills) -> None:
    engines = [
        child for child in psutil.Process(run.pid).children(recursive=True) if child.name() == "pulumi"
    ]
    under_way = ground.under_way(run.pid)
    if victim == "engine" and engines:
        engines[0].kill()
    elif victim == "both":
        os.killpg(run.pid, signal.SIGKILL)
    else:
        run.kill()
    kills.victims[victim] += 1
    kills.in_flight.append(under_way)
    _, said = run.communicate(timeout=RUNS_FOR)
    assert "Traceback" not in said, said
    kills.survivors += _survivors(ground)


def _survivors(ground: Ground) -> list[str]:
    """Processes of a killed run that have not ended in time."""
    deadline = time.monotonic() + OUTLIVES
    while (left := _of_the_work(ground)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def _of_the_work(ground: Ground) -> list[str]:
    found = []
    for process in psutil.process_iter(["name"]):
        try:
            if process.info["name"] == "pulumi" and str(ground.setting.work.root) in process.cwd():
                found.append(f"{process.pid} {' '.join(process.cmdline()[:3])}")
        except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
            continue
    return found


def finish(ground: Ground) -> None:
    """An apply that nobody kills, which must end well."""
    with ground.start() as run:
        _, said = run.communicate(timeout=RUNS_FOR)
    assert run.returncode == 0, said


def copies(setting: Setting, stacks: Sequence[str]) -> dict[str, int]:
    """By marker, how many objects bear it, where that is more than one; of these stacks alone."""
    found: Counter[str] = Counter()
    begins = tuple(f"{setting.site}/{stack}/" for stack in stacks)
    with setting.looking({}) as session:
        for kind in KINDS.values():
            if kind.listed:
                for raw in session.snapshot.index(kind).by_id.values():
                    if (marker := kind.marker(raw)).startswith(begins):
                        found[marker] += 1
    return {marker: number for marker, number in found.items() if number > 1}
