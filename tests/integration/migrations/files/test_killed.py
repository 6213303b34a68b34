"""Killed at any instant and run again, a tree comes over as if nothing had been; without its notes it does not."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from integration.migrations import dying
from integration.migrations.dying import died_everywhere, ended, released
from integration.migrations.files.moving import MOVE, Clerks, copied, cut, let_go, moving
from integration.migrations.sshd import Server

KILLS = int(os.environ.get("GOVCLOUD_KILLS", "4"))
MIB = 1024 * 1024


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Path]:
    """Papers, and some that take long to bring over."""
    root = tmp_path / "from"
    (root / "scans").mkdir(parents=True)
    for number in range(20):
        (root / "scans" / str(number)).write_bytes(os.urandom(3 * MIB))
    yield root
    let_go(tmp_path)


def started(
    what: str, legacy: Server, folder: Path, everywhere: bool = False, careless: bool = False
) -> subprocess.Popen[str]:
    login = {**asdict(legacy.login), "key": str(legacy.login.key)}
    wanted = {
        "what": what,
        "login": login,
        "folder": str(folder),
        "everywhere": everywhere,
        "careless": careless,
    }
    return dying.started("integration.migrations.files.driver", wanted)


def nothing_lost(legacy: Server, folder: Path, clerks: Clerks) -> None:
    """What was taken stands at the target, and both sides are the same."""
    assert len(clerks.taken) > 20
    assert clerks.wrong(folder / "to") == []
    with moving(legacy.login, folder) as moved:
        assert moved.evidence()["differences"] == []
    assert not list((folder / "to").rglob(".govcloud*"))


def test_killed_at_every_boundary_it_goes_on(legacy: Server, tree: Path, tmp_path: Path) -> None:
    with Clerks(tree) as clerks:
        assert died_everywhere(started("copy", legacy, tmp_path, everywhere=True)) > 4
        assert died_everywhere(started("cut", legacy, tmp_path, everywhere=True)) > 6
    nothing_lost(legacy, tmp_path, clerks)


def test_killed_at_random_instants_it_goes_on(legacy: Server, tree: Path, tmp_path: Path) -> None:
    chance = random.Random(KILLS)
    with Clerks(tree) as clerks:
        for number in range(KILLS):
            process = started("copy" if number < KILLS // 2 else "cut", legacy, tmp_path)
            time.sleep(0.8 + chance.random() * 3)
            process.kill()
            ended(process)
        if not released(tmp_path / "state", MOVE):
            with moving(legacy.login, tmp_path) as moved:
                copied(moved, tmp_path)
                outcome = cut(moved, tmp_path, 600.0)
            assert outcome.released, outcome.reason
    nothing_lost(legacy, tmp_path, clerks)


def test_without_its_notes_a_kill_does_damage(legacy: Server, tree: Path, tmp_path: Path) -> None:
    process = started("copy", legacy, tmp_path, careless=True)
    while not (tmp_path / "to" / "scans" / "0").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.kill()
    ended(process)
    code, said = ended(started("copy", legacy, tmp_path, careless=True))
    assert code == 0, said
    with moving(legacy.login, tmp_path) as moved:
        assert any(line.endswith("is missing") for line in moved.evidence()["differences"])
