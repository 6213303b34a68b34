"""What a night does when somebody writes behind the fence, when time runs out, and when it is taken back."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from govcloud.errors import ToolkitError
from govcloud.migrations.night import Deadline
from govcloud.migrations.postgresql.endpoint import Endpoint
from govcloud.migrations.postgresql.facts import facts
from integration.migrations.dying import Freezing
from integration.migrations.postgresql.clusters import Cluster
from integration.migrations.postgresql.moving import CLERK, copy, cut, lost_and_doubled, mover, writing

DOORS = "SELECT coalesce(datacl, acldefault('d', datdba))::text FROM pg_database WHERE datname = 'office'"


def described(cluster: Cluster) -> dict[str, str]:
    with cluster.endpoint("office").connected() as connection:
        found = facts(connection)
    settings = cluster.ask("SELECT setconfig::text FROM pg_db_role_setting")
    doors = sorted(cluster.ask(DOORS)[0][0].strip("{}").split(","))
    return {
        **found,
        "settings": repr(settings),
        "doors": repr([one for one in doors if "reader=" not in one]),
    }


def test_a_cutover_that_comes_too_late_leaves_everything_as_it_was(
    source: Cluster, target: Cluster, tmp_path: Path
) -> None:
    moved = mover(source, target, tmp_path)
    copy(moved, tmp_path)
    before = described(source)
    assert not cut(moved, tmp_path, allowed=0.05).released
    assert described(source) == before
    with writing(source, 2) as writers:
        while writers.count < 50:
            time.sleep(0.02)
        assert cut(moved, tmp_path).released
    assert lost_and_doubled(writers, target) == (0, 0)


def test_who_writes_behind_the_fence_is_named(source: Cluster, target: Cluster, tmp_path: Path) -> None:
    moved = mover(source, target, tmp_path)
    copy(moved, tmp_path)
    moved.drain(Deadline(60))
    moved.fence(Deadline(60))
    with source.connect("office") as stray:
        stray.execute("SET application_name = 'nightly-export'")
        stray.execute("SET default_transaction_read_only = off")
        stray.execute("INSERT INTO registry.log VALUES (now(), 'stray')")
        moved.catch_up(Deadline(60))
        with pytest.raises(
            ToolkitError, match=r"1 changes were made behind the fence; connected: postgres .*nightly-export"
        ):
            moved.verify(Deadline(60))
    moved.unfence()
    moved.admit()


def test_behind_the_fence_nobody_gets_in(source: Cluster, target: Cluster, tmp_path: Path) -> None:
    import psycopg

    moved = mover(source, target, tmp_path)
    copy(moved, tmp_path)
    moved.drain(Deadline(60))
    moved.fence(Deadline(60))
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(port=source.port, dbname="office", **CLERK)
    moved.unfence()
    moved.admit()
    psycopg.connect(port=source.port, dbname="office", **CLERK).close()


def test_nobody_gets_in_at_the_target_before_the_release(
    source: Cluster, target: Cluster, tmp_path: Path
) -> None:
    import psycopg

    moved = mover(source, target, tmp_path)
    copy(moved, tmp_path)
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(port=target.port, dbname="office", **CLERK)
    assert cut(moved, tmp_path).released
    psycopg.connect(port=target.port, dbname="office", **CLERK).close()


def test_a_move_leaves_nothing_of_its_own(source: Cluster, target: Cluster, tmp_path: Path) -> None:
    before = described(source)
    moved = mover(source, target, tmp_path)
    copy(moved, tmp_path)
    moved.clean_up()
    assert described(source) == before
    for cluster in (source, target):
        for query in (
            "SELECT 1 FROM pg_replication_slots",
            "SELECT 1 FROM pg_publication",
            "SELECT 1 FROM pg_subscription",
            "SELECT 1 FROM pg_namespace WHERE nspname = 'govcloud_move'",
            "SELECT 1 FROM pg_roles WHERE rolname ~ '^govcloud'",
        ):
            assert cluster.ask(query, "office") == [], query


def test_no_password_stands_in_a_log(source: Cluster, target: Cluster, tmp_path: Path) -> None:
    moved = mover(source, target, tmp_path)
    copy(moved, tmp_path)
    (conninfo,) = target.ask("SELECT subconninfo FROM pg_subscription", "office")[0]
    password = dict(cell.split("=", 1) for cell in conninfo.split())["password"]
    verifiers = [
        row[0]
        for row in source.ask("SELECT rolpassword FROM pg_authid WHERE rolname IN ('clerk', 'auditor')")
    ]
    for cluster in (source, target):
        log = cluster.log()
        assert password not in log
        assert cluster is source or not any(verifier in log for verifier in verifiers)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"port": 1}, "connection"),
        (
            {"user": "auditor", "password": "wr0ng-secret", "host": "127.0.0.1"},
            "password authentication failed",
        ),
        ({"user": "clerk", "password": "clerks-own", "host": "127.0.0.1"}, "may not read all"),
        ({"database": "nowhere"}, "does not exist"),
    ],
    ids=["nobody answers", "a wrong password", "too few rights", "no such database"],
)
def test_what_hinders_a_move_is_named_before_anything_moves(
    source: Cluster, target: Cluster, tmp_path: Path, change: dict[str, object], told: str
) -> None:
    from dataclasses import replace

    moved = mover(source, target, tmp_path)
    moved.source = replace(moved.source, **change)  # type: ignore[arg-type]
    (found,) = (one for one in moved.examine() if one.weight == "blocks")
    assert told in found.seen
    assert "wr0ng-secret" not in repr(found)
    assert "wr0ng-secret" not in repr(Endpoint("x", "h", 1, "d", "u", "wr0ng-secret"))


def test_what_cannot_move_as_it_is_has_a_name_to_accept(
    source: Cluster, target: Cluster, tmp_path: Path
) -> None:
    found = {one.name: one.weight for one in mover(source, target, tmp_path).examine()}
    assert found["table registry.sketch without a key"] == "accept"
    assert found["table registry.log without a key"] == "note"
    assert found["unlogged table registry.cache"] == "note"
    assert found["large objects"] == "note"
    assert "blocks" not in found.values()


def test_a_database_that_stands_there_already_is_not_touched(
    source: Cluster, target: Cluster, tmp_path: Path
) -> None:
    target.ask("CREATE DATABASE office")
    target.ask("CREATE TABLE mine (x int)", "office")
    with pytest.raises(ToolkitError, match="stands there already, and this move has not made it"):
        copy(mover(source, target, tmp_path), tmp_path)
    assert target.ask("SELECT count(*) FROM mine", "office") == [(0,)]


def test_a_target_that_freezes_at_the_stop_keeps_nobody_out(
    source: Cluster, target: Cluster, tmp_path: Path
) -> None:
    moved = mover(source, target, tmp_path)
    with writing(source, 2) as writers:
        copy(moved, tmp_path)
        assert target.process is not None
        freezing = Freezing("catch up", target.process.pid)
        begun = time.monotonic()
        outcome = cut(moved, tmp_path, allowed=10.0, progress=freezing)
        assert time.monotonic() - begun < 30
        assert freezing.frozen
        assert not outcome.released
        assert (
            "catch up of postgresql office waited for an answer that did not come in time" in outcome.reason
        )
        count = writers.count
        while writers.count < count + 50:
            time.sleep(0.02)
        freezing.thaw()
        assert cut(moved, tmp_path).released
    assert lost_and_doubled(writers, target) == (0, 0)
