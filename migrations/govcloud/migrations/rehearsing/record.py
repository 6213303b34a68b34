"""What a rehearsal measured: the whole night on a clone, part by part, and the shape of what was moved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from govcloud.errors import ToolkitError, Where
from govcloud.local import private_directory, write_private
from govcloud.migrations.planning import Duration, Rates
from govcloud.migrations.rehearsing.shape import Shape

FILE = "rehearsal.json"
FORMAT = 2
REMEDY = "rehearse it again"
TRUE_WITHIN = 0.3
"""By how much of the measured downtime a prediction may be off."""
TRUE_SECONDS = 1.0


@dataclass(frozen=True)
class Rehearsal:
    """One rehearsal. `copying` and `downtime` are seconds, as are the stages; `made` is UTC."""

    plane: str
    move: str
    made: datetime
    shape: Shape
    copying: float
    downtime: float
    stages: tuple[tuple[str, float], ...]
    predicted: Duration
    rates: Rates
    evidence: str
    """The digest of the equality report that it ended with."""

    @property
    def foretold(self) -> bool:
        """Whether the downtime was what had been predicted, within 30 % or a second."""
        off = abs(self.predicted.downtime - self.downtime)
        return off <= max(TRUE_SECONDS, TRUE_WITHIN * self.downtime)

    def document(self) -> dict[str, Any]:
        """It as JSON."""
        return {
            "format": FORMAT,
            **asdict(self),
            "shape": dict(self.shape.facts),
            "made": self.made.isoformat(timespec="seconds"),
            "stages": [list(stage) for stage in self.stages],
        }


def write_rehearsal(rehearsal: Rehearsal, directory: Path) -> Path:
    """Keep it in the move's directory, in place of the one before."""
    path = private_directory(directory) / FILE
    write_private(path, json.dumps(rehearsal.document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    return path


def read_rehearsal(directory: Path) -> Rehearsal:
    """The last rehearsal of a move; ToolkitError where none was held, or the file does not hold one."""
    path = directory / FILE
    try:
        return rehearsal_from(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ToolkitError("it has not been rehearsed", str(path), "rehearse it first") from None
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ToolkitError(f"it holds no rehearsal: {error}", Where(path), REMEDY) from error


def rehearsal_from(document: Mapping[str, Any]) -> Rehearsal:
    """A rehearsal from its JSON; KeyError, TypeError or ValueError where it holds none."""
    if document["format"] != FORMAT:
        raise ValueError(f"its format is {document['format']}, and this version reads {FORMAT}")
    predicted = document["predicted"]
    return Rehearsal(
        plane=str(document["plane"]),
        move=str(document["move"]),
        made=datetime.fromisoformat(document["made"]).astimezone(UTC),
        shape=Shape({str(name): str(digest) for name, digest in document["shape"].items()}),
        copying=float(document["copying"]),
        downtime=float(document["downtime"]),
        stages=tuple((str(name), float(seconds)) for name, seconds in document["stages"]),
        predicted=Duration(
            float(predicted["copying"]), float(predicted["downtime"]), tuple(map(str, predicted["how"]))
        ),
        rates=Rates(**{name: float(value) for name, value in document["rates"].items()}),
        evidence=str(document["evidence"]),
    )


def demand_fits(rehearsal: Rehearsal, shape: Shape, allowed: float, lasts: float, now: datetime) -> None:
    """Refuse a cutover for which this rehearsal does not speak.

    `allowed` are the seconds of downtime that the move may take, `lasts` those for which a rehearsal counts.
    """
    where = f"move {rehearsal.move}"
    age = now - rehearsal.made
    if age > timedelta(seconds=lasts) or age < timedelta(0):
        days = age.total_seconds() / 86400
        raise ToolkitError(
            f"its rehearsal is {days:.1f} days old, and one counts for {lasts / 86400:g} days", where, REMEDY
        )
    if changed := rehearsal.shape.changes(shape):
        raise ToolkitError(
            f"what is moved has another shape than what was rehearsed: {changed}",
            where,
            f"{REMEDY}, or change it back",
        )
    if rehearsal.downtime > allowed:
        raise ToolkitError(
            f"its rehearsal took {rehearsal.downtime:.1f} s, and the move may take {allowed:g} s",
            where,
            "allow more in the move's `downtime`, or see in the rehearsal's page what takes so long",
        )
