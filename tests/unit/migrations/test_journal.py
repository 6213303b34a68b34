"""The journal on SQLite: what is pinned stays, what is done stays done, and nothing else is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from govcloud.errors import ToolkitError
from govcloud.migrations.journal import Claims, Journal, open_journal


@contextmanager
def opened(folder: Path, move: str = "finance") -> Iterator[tuple[Journal, Claims]]:
    with open_journal(None, folder, move) as made:
        yield made


def test_what_a_move_is_about_cannot_be_changed(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, _):
        assert journal.pinned() is None
        journal.pin({"source": "legacy-finance", "tables": ["a"]})
        journal.pin({"tables": ["a"], "source": "legacy-finance"})
        with pytest.raises(ToolkitError, match=r"tables was \['a'\] and is \['b'\]"):
            journal.pin({"source": "legacy-finance", "tables": ["b"]})
        assert journal.pinned() == {"source": "legacy-finance", "tables": ["a"]}


def test_a_step_is_done_once_its_facts_stand(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, _):
        journal.pin({})
        journal.intend("copy", {"table": "财政"})
        entry = journal.entry("copy")
        assert entry is not None
        assert not entry.done
        with pytest.raises(ToolkitError, match="copy is not done yet"):
            journal.facts("copy")
        journal.intend("copy", {"table": "财政"})
        journal.finish("copy", {"rows": 3})
    with opened(tmp_path) as (journal, _):
        assert journal.facts("copy") == {"rows": 3}
        (entry,) = journal.entries()
        assert (entry.attempts, entry.done, entry.intent) == (2, True, {"table": "财政"})


def test_moves_do_not_see_each_other(tmp_path: Path) -> None:
    with opened(tmp_path, "one") as (one, _), opened(tmp_path, "other") as (other, _):
        one.pin({"source": 1})
        other.pin({"source": 2})
        one.intend("copy", {})
        assert other.entries() == []


def test_nothing_ends_that_has_not_begun(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, _), pytest.raises(ToolkitError, match="without having begun"):
        journal.finish("copy", {})


def test_a_broken_file_is_an_error_and_not_an_empty_journal(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"this is no database, at all" * 100)
    with pytest.raises(ToolkitError, match="the journal cannot be used"), opened(tmp_path):
        pass


def test_only_its_owner_reads_it_and_it_is_written_through(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    with opened(folder) as (journal, _):
        journal.pin({})
        assert (folder / "journal.sqlite").stat().st_mode & 0o077 == 0
    with sqlite3.connect(folder / "journal.sqlite") as plain:
        assert plain.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    plain.close()


def test_a_claim_is_held_by_one(tmp_path: Path) -> None:
    with opened(tmp_path) as (_, claims), opened(tmp_path) as (_, others):
        with claims.claim("finance/copy") as ours, others.claim("finance/copy") as theirs:
            assert (ours, theirs) == (True, False)
        with others.claim("finance/copy") as theirs:
            assert theirs


def test_a_place_that_is_neither_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ToolkitError, match="in a file or on PostgreSQL"),
        open_journal("mysql://host/x", tmp_path, "finance"),
    ):
        pass
