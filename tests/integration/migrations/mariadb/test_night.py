"""What a night does when its target does not answer any more."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from govcloud.migrations.mariadb import fencing
from govcloud.migrations.night import Deadline
from govcloud.migrations.rehearsing import settle
from integration.migrations.dying import Freezing
from integration.migrations.mariadb.moving import (
    CLERK,
    DATABASE,
    MOVED,
    copy,
    cut,
    lost_and_doubled,
    mover,
    until_written,
    writing,
)
from integration.migrations.mariadb.servers import Server


def test_a_target_that_freezes_at_the_stop_keeps_nobody_out(
    source: Server, target: Server, tmp_path: Path
) -> None:
    moved = mover(source, target, tmp_path)
    with writing(source, count=2) as writers:
        copy(moved, tmp_path)
        settle([moved], 60)
        assert target.process is not None
        freezing = Freezing("catch up", target.process.pid)
        begun = time.monotonic()
        outcome = cut(moved, tmp_path, allowed=10.0, progress=freezing)
        assert time.monotonic() - begun < 30
        assert freezing.frozen
        assert not outcome.released
        assert "catch up of mariadb treasury waited for an answer that did not come in time" in outcome.reason
        until_written(writers, writers.count + 50)
        freezing.thaw()
        settle([moved], 60)
        assert cut(moved, tmp_path).released
    assert lost_and_doubled(writers, target, MOVED) == (0, 0)


def test_nobody_is_waited_for_whose_transaction_has_ended(source: Server) -> None:
    with source.connect(DATABASE, **CLERK, port=source.port) as connection:
        connection.autocommit(False)
        connection.cursor().execute("INSERT INTO ledger VALUES (9, 1)")
        threading.Timer(0.4, connection.commit).start()
        begun = time.monotonic()
        assert fencing.drain(source.endpoint(DATABASE), ["clerk"], Deadline(20.0)) == {"under way": 0}
        assert 0.2 < time.monotonic() - begun < 5
    assert source.ask("SELECT count(*) FROM ledger WHERE writer = 9", DATABASE) == [(1,)]
