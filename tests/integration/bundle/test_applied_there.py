"""What was installed across the gap plans and applies there, with no network but its own plane's."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from govcloud.lab import CLASSIFIED
from integration.conftest import StandingLab

from .conftest import BARE

PLANE = "classified"


def _there(installed: Path, *words: str) -> dict[str, Any]:
    """Run the installed program inside the plane's own network; what it says as JSON."""
    inside = ["ip", "netns", "exec", CLASSIFIED.name, str(installed), *words, "--plane", PLANE]
    done = subprocess.run(
        [*inside, "--format", "json"],
        capture_output=True,
        text=True,
        env={**BARE, "HOME": str(installed.parents[2])},
        cwd="/",
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_plan_apply_and_a_second_plan(installed: Path, lab: StandingLab) -> None:
    own = ["ip", "netns", "exec", CLASSIFIED.name, "ip", "-o", "route"]
    routes = subprocess.run(own, capture_output=True, text=True, check=True).stdout
    assert "default" not in routes, "the plane's network leads out"
    work = installed.parents[2] / "work" / PLANE
    shutil.copy(lab.work / PLANE / "clouds.yaml", work / "clouds.yaml")
    (planned,) = _there(installed, "plan")["plans"]
    assert planned["counts"]["create"] > 50
    try:
        applied = _there(installed, "apply", planned["folder"], "--yes")["applied"][PLANE]
        assert applied["standing"] == planned["counts"]["create"]
        (again,) = _there(installed, "plan")["plans"]
        assert again["counts"] == {}
        (drift,) = _there(installed, "drift")["drift"]
        assert drift["found"] == []
    finally:
        _there(installed, "apply", "--destroy", "--yes")
