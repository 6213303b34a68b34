"""Has the probes run on a host, one after another, and puts together what they print."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, Protocol

from govcloud.errors import ToolkitError
from govcloud.migrations.assessing.assessment import Assessment
from govcloud.migrations.assessing.judging import judge
from govcloud.progress import Progress

SECONDS = 10.0
"""For how long connections and changes are watched, unless said otherwise."""
EARLY = ("system", "web", "schedules")


class Ask(Protocol):
    """Runs a script on the host: its wishes as JSON on standard input, what it prints as the answer."""

    def __call__(self, script: str, wishes: Mapping[str, Any]) -> bytes:
        """The answer; ToolkitError where there is none."""


def look_at(
    plane: str,
    host: str,
    ask: Ask,
    roots: Sequence[str],
    progress: Progress,
    seconds: float = SECONDS,
    clock: Any = time.time,
) -> Assessment:
    """Look at a host: at the directories of `roots` and of its web sites, and watch it for some seconds."""
    found: dict[str, Mapping[str, Any]] = {}
    for name in EARLY:
        begun = clock()
        found[name] = _answer(name, host, ask, {}, progress)
        # Where it tells its time, that was read between these two moments.
        found[name] = {**found[name], "begun": begun, "asked": clock()}
    served = [root for site in found["web"]["sites"] for root in site["roots"]]
    wishes = {"roots": sorted({*roots, *served})}
    found["trees"] = _answer("trees", host, ask, wishes, progress)
    for name in ("network", "databases"):
        found[name] = _answer(name, host, ask, {"seconds": seconds}, progress)
    return Assessment(plane, host, datetime.now(UTC), found, judge(found))


def _answer(name: str, host: str, ask: Ask, wishes: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    progress.step(f"{host}: {name}")
    script = files("govcloud.migrations.assessing.probes").joinpath(f"{name}.py").read_text(encoding="utf-8")
    printed = ask(script, wishes)
    try:
        found = json.loads(printed)
    except ValueError as error:
        raise ToolkitError(
            f"the probe `{name}` gave no answer that can be read",
            host,
            "see that its Python is 3.7 or newer and that nothing else prints when it is entered",
        ) from error
    if not isinstance(found, dict) or not isinstance(found.get("unread"), list):
        raise ToolkitError(f"the probe `{name}` answered something else", host, "see what `python3` is there")
    progress.done(f"{host}: {name}")
    return found
