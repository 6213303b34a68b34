"""A stack's state as the engine's own file tells it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from govcloud.engine import PlaneWork, read_state
from govcloud.engine.state import Held
from govcloud.errors import ToolkitError

ENTRY = {
    "urn": "urn:pulumi:extranet.core::city::govcloud:openstack:network::backbone",
    "type": "govcloud:openstack:network",
    "id": "7",
}


def _work(folder: Path, latest: object) -> PlaneWork:
    work = PlaneWork(folder / "extranet", "extranet")
    file = work.state / ".pulumi/stacks/city/extranet.core.json"
    file.parent.mkdir(parents=True)
    file.write_text(latest if isinstance(latest, str) else json.dumps({"checkpoint": {"latest": latest}}))
    return work


@pytest.mark.parametrize(
    ("latest", "settled"),
    [
        ({"resources": [ENTRY]}, True),
        ({"resources": [ENTRY, {**ENTRY, "id": "6", "delete": True}]}, False),
        ({"resources": [{**ENTRY, "pendingReplacement": True}]}, False),
        ({"resources": [ENTRY], "pending_operations": [{"resource": ENTRY, "type": "creating"}]}, False),
    ],
)
def test_what_still_waits_to_be_done_is_not_settled(
    tmp_path: Path, latest: dict[str, Any], settled: bool
) -> None:
    state = read_state(_work(tmp_path, latest), "city")["extranet/core"]
    assert state.held[0] == Held("extranet/core/backbone", "network", "7")
    assert state.settled is settled


@pytest.mark.parametrize(
    "content",
    [
        '{"checkpoint": {"latest"',
        "[]",
        '{"version": 3}',
        '{"checkpoint": {"latest": [1]}}',
        '{"checkpoint": {"latest": {"resources": [{"id": "7"}]}}}',
        '{"checkpoint": {"latest": {"resources": [7]}}}',
    ],
)
def test_a_state_that_is_not_whole_is_an_error_that_names_its_file(tmp_path: Path, content: str) -> None:
    with pytest.raises(ToolkitError, match=r"extranet\.core\.json"):
        read_state(_work(tmp_path, content), "city")
