"""A database moves while people write to it: nothing is lost, nothing comes twice, and both sides are equal."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration.migrations.postgresql.clusters import Cluster
from integration.migrations.postgresql.moving import (
    copy,
    cut,
    home,
    lost_and_doubled,
    mover,
    writing,
)


@pytest.mark.parametrize("source", ["eleven", "thirteen", "fifteen"], indirect=True)
def test_a_database_moves_under_load(source: Cluster, target: Cluster, tmp_path: Path) -> None:
    moved = mover(source, target, tmp_path)
    with writing(source) as writers:
        copy(moved, tmp_path)
        outcome = cut(moved, tmp_path)
    assert outcome.released, outcome.reason
    assert writers.count > 100
    assert lost_and_doubled(writers, target) == (0, 0)
    assert moved.evidence()["differences"] == []


def test_what_was_written_on_the_platform_comes_home(
    source: Cluster, target: Cluster, tmp_path: Path
) -> None:
    moved = mover(source, target, tmp_path)
    copy(moved, tmp_path)
    assert cut(moved, tmp_path).released
    with writing(target) as writers:
        while writers.count < 200:
            pass
        target.ask("SELECT nextval('registry.ticket'); SELECT lo_from_bytea(900003, 'later')", "office")
        home(moved, tmp_path)
    assert lost_and_doubled(writers, source) == (0, 0)
    assert moved.evidence()["differences"] == []
