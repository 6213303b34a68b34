"""Each kind of corruption, planted alone at the target, is found and named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.migrations.mariadb.moving import MOVED, copy, cut, furnish, mover
from integration.migrations.mariadb.servers import Server, running

# Minus zero is not among them: MariaDB keeps it as zero, however it is written.
CORRUPTIONS = {
    "a bit": ("UPDATE account SET photo = INSERT(photo, 100, 1, x'01') WHERE name = '张三'", "account"),
    "a row missing": ("DELETE FROM keyless WHERE a IS NULL", "keyless"),
    "a row twice": ("INSERT INTO keyless VALUES (2, '', -0e0)", "keyless"),
    "null against nothing": ("UPDATE keyless SET b = '' WHERE a IS NULL", "keyless"),
    "a trailing space": ("UPDATE `Liste 名 ``x``.y` SET `Größe \"1\"` = 'größer ' WHERE id = 1", "Liste"),
    "capitals": ("UPDATE `Liste 名 ``x``.y` SET `Größe \"1\"` = 'GRÖSSER' WHERE id = 1", "Liste"),
    "a float's last digit": (
        "UPDATE account SET rate = 0.10000001 WHERE name = '张三'",
        "account",
    ),
    "the member of an error against the empty one": (
        "UPDATE account SET state = '' WHERE state + 0 = 0",
        "account",
    ),
    "the empty member of a set": ("UPDATE account SET flags = '' WHERE flags + 0 <> 0", "account"),
    "a zero date against null": ("UPDATE account SET opened = NULL WHERE opened = 0", "account"),
    "an impossible date": ("UPDATE account SET opened = '2020-03-02' WHERE name = '张三'", "account"),
    "a private character": (
        "UPDATE account SET note = '?' WHERE name = 'private'",
        "account",
    ),
    "a microsecond": ("UPDATE account SET at = at + INTERVAL 1 MICROSECOND WHERE name = 'NULL'", "account"),
    "a point": ("UPDATE account SET place = POINT(0, 0.0000001) WHERE place = POINT(0, 0)", "account"),
    "a row of a table without transactions": ("UPDATE old_style SET what = 'One'", "old_style"),
    "a next number": ("ALTER TABLE entry AUTO_INCREMENT = 5000", "next number of entry"),
    "a sequence": ("SELECT SETVAL(ticket, 90000)", "next value of ticket"),
    "a collation": ("ALTER TABLE keyless MODIFY b varchar(20) COLLATE utf8mb4_bin", "table keyless"),
    "an index": ("ALTER TABLE account DROP INDEX name", "table account"),
    "a check": ("ALTER TABLE account DROP CONSTRAINT CONSTRAINT_1", "table account"),
    "a reference": ("ALTER TABLE entry DROP FOREIGN KEY entry_ibfk_1", "table entry"),
    "a comment": ("ALTER TABLE account COMMENT = '账号'", "table account"),
    "a default": ("ALTER TABLE account ALTER balance SET DEFAULT 1", "table account"),
    "a trigger": ("DROP TRIGGER entry_in", "trigger entry_in"),
    "a routine": ("DROP FUNCTION twice", "function twice"),
    "a routine's rights": ("ALTER PROCEDURE total SQL SECURITY INVOKER", "procedure total"),
    "a view's definer": (
        "CREATE OR REPLACE DEFINER=auditor@'127.0.0.1' VIEW rich AS SELECT name, balance FROM account WHERE balance > 10",
        "view rich",
    ),
    "an event's schedule": ("ALTER EVENT nightly ON SCHEDULE EVERY 2 DAY", "event nightly"),
    "a table that nobody knows": ("CREATE TABLE more (id int)", "more"),
    "the character set": (f"ALTER DATABASE {MOVED} COLLATE utf8mb4_bin", "character set"),
}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server, Path]]:
    """A database and its copy, both at rest."""
    with running(73) as source, running(74) as target:
        furnish(source)
        folder = tmp_path_factory.mktemp("move")
        moved = mover(source, target, folder)
        copy(moved, folder)
        assert cut(moved, folder).released
        moved.disarm()
        yield source, target, folder


@pytest.fixture
def copied(pair: tuple[Server, Server, Path]) -> Iterator[tuple[Server, Server, Path]]:
    """The copy is made anew after each corruption, by the mover's own means."""
    source, target, folder = pair
    yield source, target, folder
    restore(source, target, folder)


def restore(source: Server, target: Server, folder: Path) -> None:
    moved = mover(source, target, folder)
    moved.discard()
    for path in folder.rglob("*"):
        if path.is_file():
            path.unlink()
    copy(moved, folder)
    assert cut(moved, folder).released
    # What is written behind a release is people's work, and left out: here it is to be found.
    moved.disarm()


def test_an_untouched_copy_is_equal(pair: tuple[Server, Server, Path]) -> None:
    source, target, folder = pair
    assert mover(source, target, folder).evidence()["differences"] == []


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_a_corruption_is_found_and_named(copied: tuple[Server, Server, Path], kind: str) -> None:
    source, target, folder = copied
    statements, named = CORRUPTIONS[kind]
    for statement in statements.split(";"):
        target.ask(statement, MOVED)
    found = mover(source, target, folder).evidence()["differences"]
    assert any(line.startswith(named) for line in found), found
