"""A prediction says what it is made of, and the parts make the whole."""

from __future__ import annotations

import math

import pytest

from govcloud.migrations.planning.prediction import Load, Rates, predict
from govcloud.migrations.sizes import MIB

RATES = Rates(copy=50 * MIB, apply=10 * MIB, entries=1000, objects=100, steps=1.0, lag=2.0)


def test_downtime_is_what_is_done_while_nobody_writes() -> None:
    load = Load(data=1000 * MIB, changes=1 * MIB, rest=25 * MIB, entries=500, objects=10)
    found = predict(load, RATES)
    assert found.copying == pytest.approx(20 + 20 * 1 / 9)
    assert found.downtime == pytest.approx(1.0 + 0.2 + 0.5 + 0.5 + 0.1)
    assert [line.split(":")[0] for line in found.how] == ["copying", "catching up", *["downtime"] * 5]


def test_a_limit_slows_copying() -> None:
    assert predict(Load(100 * MIB, 0), RATES, limit=10 * MIB).copying == pytest.approx(10)
    assert predict(Load(100 * MIB, 0), RATES, limit=100 * MIB).copying == pytest.approx(2)


def test_what_changes_faster_than_it_is_applied_never_catches_up() -> None:
    assert math.isinf(predict(Load(MIB, 10 * MIB), RATES).copying)
