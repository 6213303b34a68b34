"""The link to the host of today is cut, while it is copied or at the stop: nothing is lost, and it goes on."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from govcloud.errors import ToolkitError, ToolkitErrors
from integration.migrations.link import Link
from integration.migrations.postgresql.clusters import Cluster
from integration.migrations.postgresql.moving import DATABASE, lost_and_doubled, writing
from integration.migrations.sshd import Server
from integration.migrations.verbs.court import MOVE, SYSTEM, Court

SECONDS = float(os.environ.get("GOVCLOUD_CUT", "3"))
ATTEMPTS = 4


@pytest.fixture
def link(court: Court, hosts: tuple[Server, Server]) -> Iterator[Link]:
    login = hosts[0].login
    made = Link(login.port)
    said = {"user": login.user, "port": made.port, "host_keys": list(login.host_keys)}
    court.declare("extranet/hosts/legacy-court.yaml", login=said)
    yield made
    made.close()


@contextmanager
def cut_at(link: Link, court: Court, step: str, silently: bool) -> Iterator[None]:
    """The link is cut once, when a step of the move has begun."""
    cuts: list[str] = []

    def work() -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end and not begun(court, step):
            time.sleep(0.01)
        cuts.append(step)
        link.cut(SECONDS, silently)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    thread.join()
    assert begun(court, step)
    assert cuts


def begun(court: Court, step: str) -> bool:
    file = court.work / "extranet/migrations/moves" / MOVE / "journal.sqlite"
    if not file.exists():
        return False
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as journal:
        if not journal.execute("SELECT 1 FROM sqlite_master WHERE name = 'step'").fetchone():
            return False
        return bool(journal.execute("SELECT 1 FROM step WHERE name LIKE ? || '%'", [step]).fetchone())


def until_done(court: Court, *words: str) -> dict[str, object]:
    """The document of a verb that is run again for as long as the link's cut ends it."""
    for _ in range(ATTEMPTS):
        try:
            result = court.call(*words, "--format", "json")
        except (ToolkitError, ToolkitErrors):
            time.sleep(SECONDS / 2)
            continue
        if not result.return_value:
            return dict(json.loads(result.stdout))
    raise AssertionError(f"{words[0]} did not come to its end in {ATTEMPTS} runs")


def test_cut_while_it_is_copied_and_at_the_stop_it_goes_on(court: Court, link: Link) -> None:
    """At first nothing passes for a while and nobody is told; then all that is open breaks."""
    rows = "INSERT INTO registry.log SELECT now(), repeat('x', 500) FROM generate_series(1, 60000)"
    court.source.ask(rows, DATABASE)
    with writing(court.source, 1) as writers:
        court.done("rehearse", MOVE)
        with cut_at(link, court, f"postgresql {DATABASE}/rows", silently=True):
            until_done(court, "run", MOVE)
        folder = court.ordered()
        with cut_at(link, court, "cutover-1/fence/", silently=False):
            done = until_done(court, "cutover", folder)
    assert done["differences"] == []
    platform = Cluster(15, court.target.folder, court.target.port)
    assert lost_and_doubled(writers, platform, SYSTEM) == (0, 0)
