"""What a night does when its target does not answer any more."""

from __future__ import annotations

import time
from pathlib import Path

from govcloud.migrations.rehearsing import settle
from integration.migrations.dying import Freezing
from integration.migrations.mariadb.moving import (
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
