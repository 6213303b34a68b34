"""What every bench ends with: a table for people, one JSON line for machines, and an exit code."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One measured figure against its bar; `better` is `lower` or `higher`."""

    name: str
    value: float
    unit: str
    bar: float | None = None
    better: str = "lower"

    @property
    def holds(self) -> bool | None:
        """Whether the bar holds; None where there is none."""
        if self.bar is None:
            return None
        return self.value <= self.bar if self.better == "lower" else self.value >= self.bar


def timed(work: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    start = time.monotonic()
    work()
    return time.monotonic() - start


def median(values: Sequence[float]) -> float:
    """The median, which one slow run does not move."""
    return statistics.median(values)


def finish(figures: Sequence[Figure]) -> None:
    """Print everything and exit 1 when a bar is missed."""
    said = {True: "holds", False: "MISSED", None: ""}
    for one in figures:
        bar = "" if one.bar is None else f"bar {one.bar:g}"
        print(f"{one.name:<44}{one.value:>10.2f} {one.unit:<8}{bar:<10}{said[one.holds]}")
    document = [{**asdict(one), "holds": one.holds} for one in figures]
    print(json.dumps({"figures": document, "holds": all(one.holds is not False for one in figures)}))
    sys.exit(0 if all(one.holds is not False for one in figures) else 1)
