"""What stands in the way, or changes on the way, is named before anything moves."""

from __future__ import annotations

from pathlib import Path

import pytest

from govcloud.migrations.findings import Weight
from integration.migrations.mariadb.moving import DATABASE, mover
from integration.migrations.mariadb.servers import Server

PLANTED = {
    "table history with history": ("CREATE TABLE history (a int) WITH SYSTEM VERSIONING", Weight.BLOCKS),
    "table memo of MEMORY": ("CREATE TABLE memo (a int) ENGINE=MEMORY", Weight.ACCEPT),
    "routine own": (
        "CREATE FUNCTION own() RETURNS int READS SQL DATA RETURN (SELECT count(*) FROM treasury.account)",
        Weight.BLOCKS,
    ),
    "reference far of here": (
        "CREATE DATABASE IF NOT EXISTS other; CREATE TABLE other.there (id int PRIMARY KEY);"
        " CREATE TABLE here (id int, CONSTRAINT far FOREIGN KEY (id) REFERENCES other.there (id))",
        Weight.BLOCKS,
    ),
    "account clerk@%": (
        "CREATE DATABASE IF NOT EXISTS other; GRANT SELECT ON other.* TO clerk@'%'",
        Weight.ACCEPT,
    ),
}


def found(source: Server, target: Server, folder: Path) -> dict[str, Weight]:
    return {one.name: one.weight for one in mover(source, target, folder).examine()}


def test_of_the_department_what_needs_a_word_is_told(source: Server, target: Server, tmp_path: Path) -> None:
    assert found(source, target, tmp_path) == {
        "table old_style of MyISAM": Weight.ACCEPT,
        "table journal without a key": Weight.NOTE,
        "table keyless without a key": Weight.NOTE,
    }


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_is_named(source: Server, target: Server, tmp_path: Path, name: str) -> None:
    statements, weight = PLANTED[name]
    for statement in statements.split(";"):
        source.ask(statement, DATABASE)
    assert found(source, target, tmp_path).get(name) is weight


def test_a_log_of_statements_blocks(source: Server, target: Server, tmp_path: Path) -> None:
    source.ask("SET GLOBAL binlog_format = MIXED")
    try:
        assert found(source, target, tmp_path)["binlog_format of the source"] is Weight.BLOCKS
    finally:
        source.ask("SET GLOBAL binlog_format = ROW")


def test_a_server_that_is_not_there_is_a_finding(source: Server, target: Server, tmp_path: Path) -> None:
    moved = mover(source, target, tmp_path)
    moved.source = moved.source.named("nothing")
    (one,) = moved.examine()
    assert one.weight is Weight.BLOCKS
    assert "Unknown database 'nothing'" in one.seen
