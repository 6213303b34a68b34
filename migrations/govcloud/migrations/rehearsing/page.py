"""A rehearsal as a page: what the night will cost, what was foretold, and what took how long."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from govcloud.migrations.rehearsing.record import Rehearsal
from govcloud.migrations.sizes import size


def rehearsal_page(rehearsal: Rehearsal, name_zh: str, allowed: float, parts: list[tuple[str, str]]) -> str:
    """One HTML page that needs nothing beside it; `allowed` are the seconds that the move may take."""
    environment = Environment(
        loader=PackageLoader("govcloud.migrations.rehearsing"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["size"] = size
    return environment.get_template("rehearsal.html.j2").render(
        rehearsal=rehearsal, name_zh=name_zh, allowed=allowed, parts=parts
    )
