"""Killed at any instant and run again, a move ends as if nothing had been; without its ledger it does not."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from govcloud.errors import ToolkitError, ToolkitErrors
from integration.migrations import dying
from integration.migrations.dying import died_everywhere, ended, frozen
from integration.migrations.postgresql.clusters import Cluster, running
from integration.migrations.postgresql.moving import copy, cut, lost_and_doubled, mover, writing

KILLS = int(os.environ.get("GOVCLOUD_KILLS", "5"))


def started(
    what: str,
    source: Cluster,
    target: Cluster,
    folder: Path,
    everywhere: bool = False,
    careless: bool = False,
) -> subprocess.Popen[str]:
    clusters = [
        {"version": one.version, "folder": str(one.folder), "port": one.port} for one in (source, target)
    ]
    wanted = {
        "what": what,
        "clusters": clusters,
        "folder": str(folder),
        "everywhere": everywhere,
        "careless": careless,
    }
    return dying.started("integration.migrations.postgresql.driver", wanted)


def dying_everywhere(what: str, source: Cluster, target: Cluster, folder: Path) -> int:
    return died_everywhere(started(what, source, target, folder, everywhere=True))


def test_killed_at_every_boundary_it_goes_on(source: Cluster, target: Cluster, tmp_path: Path) -> None:
    with writing(source, 2) as writers:
        assert dying_everywhere("copy", source, target, tmp_path) > 8
        assert dying_everywhere("cut", source, target, tmp_path) > 4
    assert lost_and_doubled(writers, target) == (0, 0)
    assert mover(source, target, tmp_path).evidence()["differences"] == []


def test_killed_at_random_instants_it_goes_on(source: Cluster, target: Cluster, tmp_path: Path) -> None:
    chance = random.Random(KILLS)
    source.ask(
        "INSERT INTO registry.log SELECT now(), repeat('x', 500) FROM generate_series(1, 60000)", "office"
    )
    with writing(source, 2) as writers:
        for _ in range(KILLS):
            process = started("copy", source, target, tmp_path)
            time.sleep(0.8 + chance.random() * 4)
            process.kill()
            ended(process)
        copy(mover(source, target, tmp_path), tmp_path)
        assert cut(mover(source, target, tmp_path), tmp_path).released
    assert lost_and_doubled(writers, target) == (0, 0)
    assert mover(source, target, tmp_path).evidence()["differences"] == []


def test_interrupted_it_ends_though_a_server_answers_nothing(
    source: Cluster, target: Cluster, tmp_path: Path
) -> None:
    source.ask(
        "INSERT INTO registry.log SELECT now(), repeat('x', 500) FROM generate_series(1, 60000)", "office"
    )
    process = started("copy", source, target, tmp_path)
    while not _arrived(target):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.02)
    assert target.process is not None
    with frozen(target.process.pid):
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode != 0
    copy(mover(source, target, tmp_path), tmp_path)
    assert cut(mover(source, target, tmp_path), tmp_path).released
    assert mover(source, target, tmp_path).evidence()["differences"] == []


def test_interrupted_a_comparison_ends_though_a_server_answers_nothing(
    source: Cluster, target: Cluster, tmp_path: Path
) -> None:
    source.ask(
        "INSERT INTO registry.log SELECT now(), repeat('x', 500) FROM generate_series(1, 60000)", "office"
    )
    copy(mover(source, target, tmp_path), tmp_path)
    process = started("compare", source, target, tmp_path)
    while not target.ask(
        'SELECT 1 FROM pg_stat_activity WHERE query LIKE \'%FROM ONLY "registry"."log"%\''
        " AND state = 'active' AND pid <> pg_backend_pid()"
    ):
        assert process.poll() is None, process.communicate()[1]
    assert target.process is not None
    with frozen(target.process.pid):
        process.send_signal(signal.SIGINT)
        # Sooner than a server may take that is asked to let a session in.
        process.communicate(timeout=8)
    assert process.returncode != 0


def test_without_its_ledger_a_kill_does_damage(source: Cluster, target: Cluster, tmp_path: Path) -> None:
    source.ask(
        "INSERT INTO registry.log SELECT now(), repeat('x', 500) FROM generate_series(1, 60000)", "office"
    )
    process = started("copy", source, target, tmp_path, careless=True)
    while not _arrived(target):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.02)
    process.kill()
    ended(process)
    _, said = ended(started("copy", source, target, tmp_path, careless=True))
    (rows,) = target.ask("SELECT count(*) FROM registry.person", "office")[0]
    assert rows > 4003 or "duplicate" in said or "could not create unique index" in said


def _arrived(target: Cluster) -> bool:
    """Whether the first rows have come."""
    if not target.ask("SELECT 1 FROM pg_database WHERE datname = 'office'"):
        return False
    if target.ask("SELECT to_regclass('registry.person')", "office")[0][0] is None:
        return False
    return bool(target.ask("SELECT 1 FROM registry.person LIMIT 1", "office"))


def test_a_target_that_dies_in_the_middle_is_gone_on_with(
    source: Cluster, target: Cluster, tmp_path: Path
) -> None:
    with writing(source, 2) as writers:
        process = started("copy", source, target, tmp_path)
        time.sleep(2.5)
        target.kill()
        code, said = ended(process)
        target.start()
        assert code == 0 or "remedy" in said or "Error" in said
        copy(mover(source, target, tmp_path), tmp_path)
        assert cut(mover(source, target, tmp_path), tmp_path).released
    assert lost_and_doubled(writers, target) == (0, 0)
    assert mover(source, target, tmp_path).evidence()["differences"] == []


def test_a_full_disk_at_the_target_is_an_error_and_room_is_all_that_it_takes(
    source: Cluster, tmp_path: Path
) -> None:
    source.ask(
        "INSERT INTO registry.log SELECT now(), repeat('x', 500) FROM generate_series(1, 150000)", "office"
    )
    with running(15, room="192m") as target, writing(source, 2) as writers:
        # Where it is the log that finds no room, the server ends, and can say why in its own log alone.
        with pytest.raises(
            (ToolkitError, ToolkitErrors), match=r"No space left on device|that the server runs"
        ):
            copy(mover(source, target, tmp_path), tmp_path)
        assert "No space left on device" in target.log()
        target.grow("2g")
        copy(mover(source, target, tmp_path), tmp_path)
        assert cut(mover(source, target, tmp_path), tmp_path).released
        writers.stop()
        assert lost_and_doubled(writers, target) == (0, 0)
        assert mover(source, target, tmp_path).evidence()["differences"] == []


def test_a_source_that_dies_while_it_is_followed_comes_back(
    source: Cluster, target: Cluster, tmp_path: Path
) -> None:
    moved = mover(source, target, tmp_path)
    with writing(source, 2) as writers:
        copy(moved, tmp_path)
        source.kill()
        source.start()
        begun = writers.count
        while writers.count < begun + 50:
            time.sleep(0.05)
        assert cut(moved, tmp_path).released
    assert lost_and_doubled(writers, target) == (0, 0)


def test_evidence_of_a_night_whose_run_was_killed_leaves_out_what_was_written_since(
    source: Cluster, target: Cluster, tmp_path: Path
) -> None:
    copy(mover(source, target, tmp_path), tmp_path)
    assert cut(mover(source, target, tmp_path), tmp_path).released
    with writing(target, 1) as writers:
        while writers.count < 50:
            time.sleep(0.05)
    target.ask("SELECT nextval('registry.ticket')", "office")
    # Another process, as it were: the snapshot that the night held is not there.
    found = mover(source, target, tmp_path).evidence()
    assert found["differences"] == []
    since = {name for name, held in found["relations"].items() if held.get("written since")}
    assert {"registry.ledger", "registry.balance", "registry.journal"} <= since
    assert "registry.person" not in since
    target.ask("DELETE FROM registry.ledger WHERE number = 1", "office")
    target.ask("UPDATE registry.person SET id = id WHERE id = 4001", "office")
    assert mover(source, target, tmp_path).evidence()["differences"] == []


def test_evidence_after_a_kill_still_sees_what_nobody_wrote(
    source: Cluster, target: Cluster, tmp_path: Path
) -> None:
    copy(mover(source, target, tmp_path), tmp_path)
    assert cut(mover(source, target, tmp_path), tmp_path).released
    # Written so that no log tells of it: what a copy that is wrong looks like.
    unseen = "SET transaction_read_only = off; SET session_replication_role = replica"
    source.ask(f"{unseen}; DELETE FROM registry.person WHERE id = 4001", "office")
    (told,) = mover(source, target, tmp_path).evidence()["differences"]
    assert told.startswith("registry.person: ")
