"""The plan of moves as a page: which systems on which night, and how their times were computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from govcloud.migrations.planning.waves import Candidate, Wave


def plan_document(waves: Sequence[Wave], among: Mapping[str, Candidate]) -> list[dict[str, Any]]:
    """The waves as JSON; times with their offset from UTC, durations in seconds."""
    return [
        {
            "wave": wave.number,
            "begins": wave.night.begins.isoformat(),
            "ends": wave.night.ends.isoformat(),
            "moves": [
                {
                    "move": one.move,
                    "system": among[one.move].move.system,
                    "after": sorted(among[one.move].needs),
                    "copying": one.predicted.copying,
                    "downtime": one.predicted.downtime,
                    "allowed": among[one.move].move.downtime,
                    "how": list(one.predicted.how),
                }
                for one in wave.moves
            ],
        }
        for wave in waves
    ]


def plan_page(
    site: str,
    plane: str,
    made: datetime,
    waves: Sequence[Wave],
    among: Mapping[str, Candidate],
    names: Mapping[str, str],
) -> str:
    """One HTML page that needs nothing beside it; `names` are the systems' own, by id."""
    environment = Environment(
        loader=PackageLoader("govcloud.migrations.planning"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template("waves.html.j2").render(
        site=site, plane=plane, made=made, waves=waves, among=among, names=names
    )
