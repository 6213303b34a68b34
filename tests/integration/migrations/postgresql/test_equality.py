"""Every single corruption is found, whatever its kind; and an untouched copy is equal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from govcloud.migrations.postgresql import PostgresqlMover
from integration.migrations.postgresql.clusters import Cluster
from integration.migrations.postgresql.moving import copy, cut, furnish, mover, strip

CORRUPTIONS = {
    "one bit": "UPDATE registry.person SET photo = set_bit(photo, 3, 1 - get_bit(photo, 3)) WHERE id = 77",
    "a row missing": "DELETE FROM registry.person WHERE id = 4002",
    "a row more": "INSERT INTO registry.ledger VALUES (9, 9)",
    "a row twice": "INSERT INTO registry.log SELECT * FROM registry.log WHERE line = 'twice' LIMIT 1",
    "a row once instead of twice": "DELETE FROM registry.log WHERE ctid = (SELECT min(ctid) FROM registry.log WHERE line = 'twice')",
    "two rows changed for each other": "UPDATE registry.child SET note = CASE id WHEN 1 THEN 'n2!' ELSE 'n1!' END WHERE id IN (1, 2)",
    "0 for -0": "UPDATE registry.person SET weight = 0 WHERE name = 'odd'",
    "null for NaN": "UPDATE registry.person SET weight = NULL WHERE name = 'odd 2'",
    "the last digit of a float": "UPDATE registry.person SET weight = weight * (1 + 2.3e-16) WHERE id = 1234",
    "a trailing blank": "UPDATE registry.person SET name = rtrim(name) WHERE name = 'odd 3 '",
    "null for an empty text": "UPDATE registry.child SET note = '' WHERE id = 5",
    "a microsecond": "UPDATE registry.person SET seen = seen + interval '1 microsecond' WHERE id = 9",
    "1.0 for 1.00": "UPDATE registry.person SET amount = 1.0 WHERE name = 'odd 2'",
    "a blank in json": 'UPDATE registry.person SET raw = \'{"b": 12, "a": 1}\' WHERE id = 12',
    "an element of an array": "UPDATE registry.person SET tags[2] = 'NULL' WHERE id = 15",
    "a normalised name": "UPDATE registry.person SET name = name || U&'e\\0301' WHERE id = 16",
    "a row of an unlogged table": "UPDATE registry.cache SET value = 'x' WHERE key = '7'",
    "a row without equality": "UPDATE registry.sketch SET note = '{\"x\": 1}' WHERE ctid = (SELECT min(ctid) FROM registry.sketch)",
    "a large object's byte": "SELECT lo_put(900001, 5000, '\\x01')",
    "a large object's owner": "ALTER LARGE OBJECT 900001 OWNER TO postgres",
    "a sequence": "SELECT nextval('registry.ticket')",
    "a grant": "REVOKE UPDATE ON registry.log FROM clerk",
    "a grant to a column": "REVOKE SELECT (note) ON registry.child FROM reader_role",
    "an owner": "ALTER TABLE registry.log OWNER TO postgres",
    "a collation": 'ALTER TABLE registry.child ALTER note TYPE text COLLATE "C"',
    "a default": "ALTER TABLE registry.person ALTER mood SET DEFAULT '满意'",
    "a comment": "COMMENT ON COLUMN registry.person.born IS '出生'",
    "an index": "DROP INDEX registry.person_name",
    "a constraint": "ALTER TABLE registry.person DROP CONSTRAINT person_id_check; ALTER TABLE registry.person ADD CHECK (id > 0) NOT VALID",
    "a disabled trigger": "ALTER TABLE registry.child DISABLE TRIGGER stamps",
    "a function": "CREATE OR REPLACE FUNCTION registry.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "row security": "ALTER TABLE registry.log DISABLE ROW LEVEL SECURITY",
    "a policy": "ALTER POLICY own ON registry.log USING (true)",
    "a view": "CREATE OR REPLACE VIEW registry.adults AS SELECT id, name FROM registry.person WHERE born < '2009-01-01'",
    "what a view is filled with": "UPDATE registry.person SET mood = '不满意' WHERE id = 1;"
    " REFRESH MATERIALIZED VIEW registry.by_mood; UPDATE registry.person SET mood = '一般' WHERE id = 1",
    "a rule": "DROP RULE keep ON registry.cache",
    "default rights": "ALTER DEFAULT PRIVILEGES IN SCHEMA registry REVOKE SELECT ON TABLES FROM reader_role",
    "a label of an enumeration": "ALTER TYPE registry.mood ADD VALUE '很满意'",
    "a domain's check": "ALTER DOMAIN registry.percent DROP CONSTRAINT percent_check",
    "an extension": "CREATE EXTENSION pageinspect",
}


@pytest.fixture(scope="module")
def moved(
    thirteen: Cluster, shared: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PostgresqlMover]:
    """A database that has been moved, and that nobody has touched since."""
    folder: Path = tmp_path_factory.mktemp("moved")
    furnish(thirteen)
    found = mover(thirteen, shared, folder)
    copy(found, folder)
    assert cut(found, folder).released
    assert found.evidence()["differences"] == []
    yield found
    strip(thirteen)
    strip(shared)


@pytest.fixture
def duplicate(moved: PostgresqlMover, shared: Cluster) -> Iterator[PostgresqlMover]:
    """The same, compared with a copy of the target that may be spoilt."""
    shared.ask("CREATE DATABASE spoilt TEMPLATE office")
    yield replace(moved, target=moved.target.named("spoilt"))
    shared.ask("DROP DATABASE spoilt WITH (FORCE)")


def test_an_untouched_copy_is_equal(duplicate: PostgresqlMover) -> None:
    found = duplicate.evidence()
    assert found["differences"] == []
    assert found["relations"]["registry.person"]["rows"] == 4003
    assert found["source_position"]


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_one_corruption_is_found(duplicate: PostgresqlMover, shared: Cluster, kind: str) -> None:
    shared.ask(CORRUPTIONS[kind], "spoilt")
    assert duplicate.evidence()["differences"] != []


def test_rows_that_differ_are_pointed_at(duplicate: PostgresqlMover, shared: Cluster) -> None:
    shared.ask("DELETE FROM registry.person WHERE id = 4002", "spoilt")
    (told,) = duplicate.evidence()["differences"]
    assert told.startswith(
        "registry.person: 4003 rows at the source, 4002 here, 1 of 256 buckets differ; at the source only: ctid ("
    )
