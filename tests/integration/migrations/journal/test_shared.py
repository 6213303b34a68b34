"""A journal that workers share: real processes on a real PostgreSQL and on SQLite, ended by force at will."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from govcloud.migrations.journal import open_journal
from integration.conftest import ROOT
from integration.servers import postgresql

STEPS = 24
WORKER = """
import os, sys, time
from pathlib import Path
from govcloud.migrations.journal import open_journal
from govcloud.migrations.running import run_steps
from govcloud.migrations.steps import Step
from govcloud.progress import Silent

place, folder, world, number_of = sys.argv[1] or None, Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])

def step(number):
    def act(done):
        time.sleep(0.2)
        with (world / str(number)).open("a") as log:
            log.write(f"{os.getpid()}\\n")
        time.sleep(0.05)
        return {"number": number}
    def look(done):
        log = world / str(number)
        return {"number": number} if log.exists() and log.read_text() else None
    return Step(f"step/{number}", act, (f"step/{number - 4}",) if number >= 4 else (), look)

with open_journal(place, folder, "finance") as (journal, claims):
    journal.pin({"source": "legacy-finance"})
    print("begun", flush=True)
    run_steps([step(n) for n in range(number_of)], journal, claims, Silent(), workers=2)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the journal lies: nowhere named, or a server's URL with its password in the environment."""
    if request.param == "sqlite":
        yield ""
        return
    with postgresql() as made, pytest.MonkeyPatch.context() as patch:
        for name, value in made.environment.items():
            patch.setenv(name, value)
        yield made.url


def _worker(place: str, folder: Path, world: Path) -> subprocess.Popen[str]:
    """A worker that is about to begin."""
    words = [sys.executable, "-c", WORKER, place, str(folder), str(world), str(STEPS)]
    worker = subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
        cwd=ROOT,
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "begun\n"
    return worker


def _ends_well(worker: subprocess.Popen[str]) -> None:
    _, said = worker.communicate(timeout=60)
    assert worker.returncode == 0, said


def _times(world: Path) -> Counter[int]:
    """How often each step was done."""
    return Counter({n: len((world / str(n)).read_text().splitlines()) for n in range(STEPS)})


def test_two_workers_do_each_step_once(place: str, tmp_path: Path) -> None:
    world = tmp_path / "world"
    world.mkdir()
    with _worker(place, tmp_path, world) as one, _worker(place, tmp_path, world) as other:
        _ends_well(one)
        _ends_well(other)
    assert set(_times(world).values()) == {1}
    done = {line for n in range(STEPS) for line in (world / str(n)).read_text().splitlines()}
    assert len(done) == 2, "one worker did all of it"


def test_workers_that_are_killed_leave_nothing_twice_and_nothing_undone(place: str, tmp_path: Path) -> None:
    world = tmp_path / "world"
    world.mkdir()
    for pause in (0.22, 0.31, 0.47):
        with _worker(place, tmp_path, world) as worker:
            time.sleep(pause)
            assert worker.poll() is None
            worker.send_signal(signal.SIGKILL)
    with _worker(place, tmp_path, world) as worker:
        _ends_well(worker)
    assert set(_times(world).values()) == {1}
    with open_journal(place or None, tmp_path, "finance") as (journal, _):
        assert all(entry.done for entry in journal.entries())
