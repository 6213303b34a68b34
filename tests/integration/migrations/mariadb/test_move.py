"""A MariaDB database moves while people write to it: nothing lost, nothing twice, every bit as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pymysql
import pytest

from govcloud.errors import ToolkitError
from govcloud.migrations.mariadb import Comers
from govcloud.migrations.night import Deadline
from govcloud.migrations.rehearsing import settle
from integration.migrations.mariadb.moving import (
    DATABASE,
    MOVED,
    copy,
    cut,
    home,
    lost_and_doubled,
    mover,
    until_written,
    writing,
)
from integration.migrations.mariadb.servers import Server


def test_a_database_moves_under_load_and_is_the_same(source: Server, target: Server, tmp_path: Path) -> None:
    moved = mover(source, target, tmp_path)
    with writing(source) as writers:
        until_written(writers, 50)
        copy(moved, tmp_path)
        until_written(writers, writers.count + 200)
        settle([moved], 60)
        outcome = cut(moved, tmp_path)
    assert outcome.released, outcome.reason
    assert lost_and_doubled(writers, target, MOVED) == (0, 0)
    evidence = moved.evidence()
    assert evidence["differences"] == []
    assert {"account", "entry", "keyless", "old_style"} <= evidence["relations"].keys()


def test_people_are_let_in_at_the_target_and_not_at_the_source(
    source: Server, target: Server, tmp_path: Path
) -> None:
    moved = mover(source, target, tmp_path)
    copy(moved, tmp_path)
    assert cut(moved, tmp_path).released
    with writing(target, MOVED) as writers:
        until_written(writers, 20)
    with pytest.raises(Exception, match="account is locked"):
        source.connect(
            DATABASE,
            user="clerk",
            password="clerks-own",
            unix_socket=None,
            host="127.0.0.1",
            port=source.port,
        )


def test_nobody_is_let_in_at_the_target_before_the_release(
    source: Server, target: Server, tmp_path: Path
) -> None:
    copy(mover(source, target, tmp_path), tmp_path)
    with pytest.raises(Exception, match="Access denied"):
        target.connect(
            MOVED, user="clerk", password="clerks-own", unix_socket=None, host="127.0.0.1", port=target.port
        )


def test_what_was_written_on_the_platform_comes_home(source: Server, target: Server, tmp_path: Path) -> None:
    moved = mover(source, target, tmp_path)
    copy(moved, tmp_path)
    assert cut(moved, tmp_path).released
    with writing(target, MOVED) as writers:
        until_written(writers, 200)
    target.ask("INSERT INTO old_style VALUES (2, 'two')", MOVED)
    target.ask("INSERT INTO entry (account, amount) VALUES (1000, 5)", MOVED)
    home(moved, tmp_path)
    assert lost_and_doubled(writers, source, DATABASE) == (0, 0)
    assert source.ask("SELECT what FROM old_style WHERE id = 2", DATABASE) == [("two",)]
    assert source.ask("SELECT balance FROM account WHERE id = 1000", DATABASE) == target.ask(
        "SELECT balance FROM account WHERE id = 1000", MOVED
    )
    with writing(source) as again:
        until_written(again, 20)


def test_a_cutover_that_comes_too_late_leaves_everything_as_it_was(
    source: Server, target: Server, tmp_path: Path
) -> None:
    moved = mover(source, target, tmp_path)
    with writing(source) as writers:
        copy(moved, tmp_path)
        outcome = cut(moved, tmp_path, allowed=0.01)
        assert not outcome.released
        until_written(writers, writers.count + 50)
        settle([moved], 60)
        assert cut(moved, tmp_path).released
    assert lost_and_doubled(writers, target, MOVED) == (0, 0)


def test_who_writes_behind_the_fence_is_named(source: Server, target: Server, tmp_path: Path) -> None:
    moved = mover(source, target, tmp_path)
    copy(moved, tmp_path)
    moved.drain(Deadline(60))
    moved.fence(Deadline(60))
    with source.connect(DATABASE) as stray, stray.cursor() as cursor:
        cursor.execute("INSERT INTO keyless VALUES (9, 'stray', 1)")
        with pytest.raises(ToolkitError, match="1 changes were made behind the fence; connected: root from"):
            moved.verify(Deadline(60))
    moved.admit()


def test_definitions_that_change_while_it_moves_are_told(
    source: Server, target: Server, tmp_path: Path
) -> None:
    moved = mover(source, target, tmp_path)
    copy(moved, tmp_path)
    source.ask("ALTER TABLE keyless ADD COLUMN d int", DATABASE)
    with pytest.raises(ToolkitError, match="definitions were changed while it moves: ALTER TABLE"):
        moved.lag()


def test_a_table_that_is_emptied_while_it_moves_is_empty(
    source: Server, target: Server, tmp_path: Path
) -> None:
    moved = mover(source, target, tmp_path)
    copy(moved, tmp_path)
    source.ask("TRUNCATE TABLE keyless", DATABASE)
    source.ask("INSERT INTO keyless VALUES (5, 'new', 1)", DATABASE)
    assert cut(moved, tmp_path).released
    assert target.ask("SELECT a FROM keyless", MOVED) == [(5,)]


def test_a_copy_that_is_given_up_leaves_nothing(source: Server, target: Server, tmp_path: Path) -> None:
    moved = mover(source, target, tmp_path)
    before = target.ask("SHOW DATABASES"), target.ask("SELECT User FROM mysql.user ORDER BY 1")
    copy(moved, tmp_path)
    moved.discard()
    assert (target.ask("SHOW DATABASES"), target.ask("SELECT User FROM mysql.user ORDER BY 1")) == before
    assert (DATABASE,) in source.ask("SHOW DATABASES")
    assert ("govcloud_move",) not in source.ask("SHOW DATABASES")


def test_an_account_is_let_in_from_the_platforms_machines_with_its_own_password(
    source: Server, target: Server, tmp_path: Path
) -> None:
    def enter() -> pymysql.Connection:
        way = {"unix_socket": None, "host": "127.0.0.1", "port": target.port}
        return target.connect(MOVED, user="clerk", password="clerks-own", **way)

    moved = replace(mover(source, target, tmp_path), comers=Comers(("clerk",), ("127.0.0.1",)))
    copy(moved, tmp_path)
    assert cut(moved, tmp_path).released
    with enter() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_user()")
        assert cursor.fetchone() == ("clerk@127.0.0.1",)
    home(moved, tmp_path)
    with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
        enter()
    moved.discard()
    assert target.ask("SELECT Host FROM mysql.user WHERE User = 'clerk'") == []


def test_a_clone_tells_the_definitions_of_its_views_whole(
    source: Server, target: Server, tmp_path: Path
) -> None:
    copy(replace(mover(source, target, tmp_path), given=True), tmp_path)
    (folder := tmp_path / "night").mkdir()
    ends = {"source": target.endpoint(MOVED), "target": target.endpoint("night")}
    night = replace(mover(target, target, folder), move="night", given=True, **ends)
    copy(night, folder)
    told = [target.ask("SELECT count(*) FROM rich", name) for name in (MOVED, "night")]
    assert told[0] == told[1] != [(0,)]
