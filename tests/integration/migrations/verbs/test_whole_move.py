"""A court's system goes the whole way by the verbs alone: rehearsed, ordered, signed, cut over, taken back."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import click
import pytest

from govcloud.errors import ToolkitError, ToolkitErrors
from integration.migrations.postgresql.clusters import Cluster
from integration.migrations.postgresql.moving import DATABASE, Writers, lost_and_doubled, writing
from integration.migrations.verbs.court import MOVE, SYSTEM, Court


def test_a_system_is_rehearsed_cut_over_and_finished_while_people_write(court: Court) -> None:
    with writing(court.source, 1) as writers:
        held = court.done("rehearse", MOVE)
        assert 0 < held["downtime"] < 120
        assert court.source.ask("SELECT 1 FROM pg_replication_slots") == []
        assert [row for row in court.target.ask("SELECT datname FROM pg_database") if "court" in row[0]] == []
        court.done("run", MOVE)
        folder = court.ordered()
        (court.attachments / "late.txt").write_text("late")
        done = court.done("cutover", folder, "--key", str(court.key("author")))
    assert done["differences"] == []
    assert (court.moved / "late.txt").read_text() == "late"
    with_name = Cluster(15, court.target.folder, court.target.port)
    assert lost_and_doubled(writers, with_name, SYSTEM) == (0, 0)
    against = court.done("verify", MOVE, "--against", done["evidence"])
    assert against["differences"] == []
    court.call("assess", "legacy-court", "--seconds", "0.5")
    words = ("--evidence", done["evidence"], "--key", str(court.key("author")))
    finished = court.done("finalize", MOVE, *words)
    assert Path(finished["certificate"], "certificate.html").exists()
    assert court.source.ask("SELECT 1 FROM pg_replication_slots") == []
    with pytest.raises(ToolkitError, match="it is finished"):
        court.call("rollback", MOVE, "--yes")


def test_what_was_written_on_the_platform_comes_home(court: Court) -> None:
    """Nothing is cut over that was not rehearsed, ordered and signed; what was cut over can be taken back."""
    court.done("run", MOVE)
    with pytest.raises(ToolkitError, match="it has not been rehearsed"):
        court.call("order", MOVE, "--key", str(court.key("author")))
    court.done("abandon", MOVE, "--yes")
    # An older version of the tool held this one: it does not keep anybody from holding another.
    (court.work / f"extranet/migrations/moves/{MOVE}/rehearsal.json").write_text('{"format": 1}')
    court.done("rehearse", MOVE)
    court.done("run", MOVE)
    folder = str(court.done("order", MOVE, "--key", str(court.key("author")))["folder"])
    court.approve(folder, "first")
    with pytest.raises(ToolkitError, match="2 approvals are asked for, and it has 1"):
        court.call("cutover", folder)
    court.approve(folder, "second")
    court.source.ask("ALTER TABLE registry.ledger ALTER number SET DEFAULT 7", DATABASE)
    with pytest.raises(
        ToolkitError, match=r"another shape.*: postgresql \w+: column registry.ledger.number has changed\n"
    ):
        court.call("cutover", folder)
    court.source.ask("ALTER TABLE registry.ledger ALTER number DROP DEFAULT", DATABASE)
    court.done("cutover", folder)
    with writing(Cluster(15, court.target.folder, court.target.port), database=SYSTEM) as writers:
        until_written(writers, 50)
    (court.moved / "written-there.txt").write_text("there")
    court.done("rollback", MOVE, "--yes")
    assert lost_and_doubled(writers, court.source) == (0, 0)
    assert (court.attachments / "written-there.txt").read_text() == "there"
    (court.attachments / "and-here.txt").write_text("here")


def test_a_copy_that_is_given_up_leaves_nothing(court: Court) -> None:
    before = court.source.ask("SELECT nspname FROM pg_namespace ORDER BY 1", DATABASE)
    court.done("run", MOVE)
    assert court.moved.exists()
    with pytest.raises(ToolkitError, match=r"rehearse before `run`|it is copying"):
        court.call("rehearse", MOVE)
    court.done("abandon", MOVE, "--yes")
    assert not court.moved.exists()
    assert court.source.ask("SELECT nspname FROM pg_namespace ORDER BY 1", DATABASE) == before
    assert court.source.ask("SELECT 1 FROM pg_replication_slots") == []
    assert court.done("status", MOVE)["moves"][0]["stand"] == "not begun"


def test_an_interrupted_rehearsal_leaves_nothing(court: Court) -> None:
    slots = "SELECT 1 FROM pg_replication_slots"
    databases = "SELECT datname FROM pg_database ORDER BY 1"
    schemas = "SELECT nspname FROM pg_namespace ORDER BY 1"
    before = court.source.ask(schemas, DATABASE), court.target.ask(databases)

    def interrupt() -> None:
        until = time.monotonic() + 60
        while not court.source.ask(slots) and time.monotonic() < until:
            time.sleep(0.02)
        # As Ctrl-C does it: in the thread that waits.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    with pytest.raises(click.Abort):
        court.call("rehearse", MOVE)
    interrupting.join()
    assert court.source.ask(slots) == []
    assert (court.source.ask(schemas, DATABASE), court.target.ask(databases)) == before
    assert list((court.systems.parent / "rehearsals").rglob("*.txt")) == []


def test_what_stands_in_the_way_is_told_before_anything_moves(court: Court) -> None:
    court.source.ask("CREATE TABLE registry.odd (what json)", DATABASE)
    with pytest.raises((ToolkitError, ToolkitErrors), match=r"table registry\.odd without a key"):
        court.call("run", MOVE)
    assert court.source.ask("SELECT 1 FROM pg_replication_slots") == []
    assert not court.moved.exists()


def until_written(writers: Writers, count: int) -> None:
    until = time.monotonic() + 60
    while writers.count < count:
        assert time.monotonic() < until, "nobody can write"
        time.sleep(0.1)
