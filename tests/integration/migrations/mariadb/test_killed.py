"""Killed at any instant and run again, a move ends as if nothing had been; without its position it does not."""

from __future__ import annotations

import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.migrations.mariadb import feeding
from govcloud.migrations.rehearsing import settle
from integration.migrations import dying
from integration.migrations.dying import died_everywhere, released
from integration.migrations.mariadb.moving import (
    DATABASE,
    MOVE,
    MOVED,
    copy,
    cut,
    lost_and_doubled,
    mover,
    until_written,
    writing,
)
from integration.migrations.mariadb.servers import Server, running

KILLS = int(os.environ.get("GOVCLOUD_KILLS", "4"))
MUCH = (
    "INSERT INTO account (name, photo) SELECT concat('n', seq), repeat(md5(seq), 60) FROM seq_1_to_60000",
    "INSERT INTO journal SELECT 9, seq, seq FROM seq_1_to_60000",
)


def started(
    what: str,
    source: Server,
    target: Server,
    folder: Path,
    everywhere: bool = False,
    careless: bool = False,
) -> subprocess.Popen[str]:
    servers = [{"number": s.number, "folder": str(s.folder), "port": s.port} for s in (source, target)]
    wanted = {
        "what": what,
        "servers": servers,
        "folder": str(folder),
        "everywhere": everywhere,
        "careless": careless,
    }
    return dying.started("integration.migrations.mariadb.driver", wanted)


def killed(process: subprocess.Popen[str], after: float) -> bool:
    """Kill it where it still runs; whether it was killed and had not come to its end before."""
    time.sleep(after)
    process.kill()
    process.communicate(timeout=60)
    return process.returncode != 0


def cut_over(source: Server, target: Server, folder: Path, kills: int, chance: random.Random) -> bool:
    """Cut it over in runs that are killed, and in one that is not."""
    for _ in range(kills):
        if not killed(started("cut", source, target, folder), 0.8 + chance.random() * 2):
            return True
        if released(folder, MOVE):
            return True
    moved = mover(source, target, folder)
    settle([moved], 60)
    return cut(moved, folder).released


def test_killed_at_every_boundary_it_goes_on(source: Server, target: Server, tmp_path: Path) -> None:
    with writing(source, count=2) as writers:
        assert died_everywhere(started("copy", source, target, tmp_path, everywhere=True)) > 4
        assert died_everywhere(started("cut", source, target, tmp_path, everywhere=True)) > 10
    assert lost_and_doubled(writers, target, MOVED) == (0, 0)
    assert mover(source, target, tmp_path).evidence()["differences"] == []


def test_killed_at_random_instants_it_goes_on(source: Server, target: Server, tmp_path: Path) -> None:
    chance = random.Random(KILLS)
    for statement in MUCH:
        source.ask(statement, DATABASE)
    with writing(source, count=2) as writers:
        for _ in range(KILLS):
            killed(started("copy", source, target, tmp_path), 0.8 + chance.random() * 3)
        copy(mover(source, target, tmp_path), tmp_path)
        assert cut_over(source, target, tmp_path, KILLS // 2, chance)
    assert lost_and_doubled(writers, target, MOVED) == (0, 0)
    assert mover(source, target, tmp_path).evidence()["differences"] == []


def test_a_target_that_dies_in_the_middle_is_gone_on_with(
    source: Server, target: Server, tmp_path: Path
) -> None:
    for statement in MUCH:
        source.ask(statement, DATABASE)
    moved = mover(source, target, tmp_path)
    with writing(source, count=2) as writers:
        process = started("copy", source, target, tmp_path)
        time.sleep(2.0)
        target.kill()
        process.communicate(timeout=60)
        target.start()
        copy(moved, tmp_path)
        settle([moved], 60)
        assert cut(moved, tmp_path).released
    assert lost_and_doubled(writers, target, MOVED) == (0, 0)
    assert moved.evidence()["differences"] == []


def test_a_full_disk_at_the_target_is_an_error_and_room_is_all_that_it_takes(
    source: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for statement in MUCH:
        source.ask(statement, DATABASE)
    with running(73, room="320m") as target, writing(source, count=2) as writers:
        with (
            monkeypatch.context() as patched,
            pytest.raises((ToolkitError, ToolkitErrors), match=r"taken nothing for \d+ s|is full"),
        ):
            # What it waits for is the disk, for which the server itself would wait for ever.
            patched.setattr(feeding, "PATIENCE", 5.0)
            patched.setattr(feeding, "LEAST", 1e9)
            copy(mover(source, target, tmp_path), tmp_path)
        assert "Disk is full" in target.log()
        target.grow("2g")
        # It looks for room once in a minute: who started it anew need not wait for that.
        target.kill()
        target.start()
        moved = mover(source, target, tmp_path)
        copy(moved, tmp_path)
        settle([moved], 60)
        assert cut(moved, tmp_path).released
        writers.stop()
        assert lost_and_doubled(writers, target, MOVED) == (0, 0)
        assert moved.evidence()["differences"] == []


def test_a_source_that_dies_while_it_is_followed_comes_back(
    source: Server, target: Server, tmp_path: Path
) -> None:
    moved = mover(source, target, tmp_path)
    with writing(source, count=2) as writers:
        copy(moved, tmp_path)
        source.kill()
        source.start()
        until_written(writers, writers.count + 50)
        settle([moved], 60)
        assert cut(moved, tmp_path).released
    assert lost_and_doubled(writers, target, MOVED) == (0, 0)


def test_without_the_position_a_kill_does_damage(source: Server, target: Server, tmp_path: Path) -> None:
    for statement in MUCH:
        source.ask(statement, DATABASE)
    with writing(source, count=2) as writers:
        until_written(writers, 50)
        killed(started("copy", source, target, tmp_path), 2.5)
        until_written(writers, writers.count + 200)
        process = started("copy", source, target, tmp_path, careless=True)
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    found = mover(source, target, tmp_path).evidence()["differences"]
    assert any(line.startswith(("ledger", "balance", "journal")) for line in found)


def test_evidence_of_a_night_whose_run_was_killed_leaves_out_what_was_written_since(
    source: Server, target: Server, tmp_path: Path
) -> None:
    copy(mover(source, target, tmp_path), tmp_path)
    assert cut(mover(source, target, tmp_path), tmp_path).released
    with writing(target, MOVED, count=1) as writers:
        until_written(writers, 50)
    target.ask("SELECT NEXTVAL(ticket)", MOVED)
    # Another process, as it were: the snapshot that the night held is not there.
    found = mover(source, target, tmp_path).evidence()
    assert found["differences"] == []
    since = {name for name, held in found["relations"].items() if held.get("written since")}
    assert {"ledger", "balance", "journal"} <= since
    assert "account" not in since
    with source.connect(DATABASE) as connection, connection.cursor() as cursor:
        cursor.execute("SET sql_log_bin = 0")
        cursor.execute("DELETE FROM keyless WHERE a IS NULL")
        connection.commit()
    (told,) = mover(source, target, tmp_path).evidence()["differences"]
    assert told.startswith("keyless: ")
