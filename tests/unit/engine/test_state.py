"""A stack's state as the engine's own file tells it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from govcloud.engine import Store, open_store, read_state
from govcloud.engine.state import Held
from govcloud.errors import ToolkitError

ENTRY = {
    "urn": "urn:pulumi:extranet.core::city::govcloud:openstack:network::backbone",
    "type": "govcloud:openstack:network",
    "id": "7",
}


def _store(
    folder: Path, latest: object, stack: str = "organization/city/extranet.core", version: int = 3
) -> Store:
    file = folder / "state/.pulumi/stacks/city/extranet.core.json"
    file.parent.mkdir(parents=True)
    whole = {"version": version, "checkpoint": {"stack": stack, "latest": latest}}
    file.write_text(latest if isinstance(latest, str) else json.dumps(whole))
    return open_store(None, folder / "state")


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
    state = read_state(_store(tmp_path, latest), "city")["extranet/core"]
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
        read_state(_store(tmp_path, content), "city")


@pytest.mark.parametrize("stack", ["organization/another/extranet.core", "organization/city/extranet.city"])
def test_a_state_of_another_site_or_stack_is_refused(tmp_path: Path, stack: str) -> None:
    with pytest.raises(ToolkitError, match=f"it is the state of {stack}"):
        read_state(_store(tmp_path, {"resources": []}, stack), "city")


def test_a_state_of_a_newer_pulumi_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolkitError, match="version 4, not 3"):
        read_state(_store(tmp_path, {"resources": []}, version=4), "city")


def test_the_stacks_that_it_refers_to_are_told(tmp_path: Path) -> None:
    entry = {**ENTRY, "inputs": {"project": "extranet/city/court-project", "name": "backbone"}}
    state = read_state(_store(tmp_path, {"resources": [entry]}), "city")["extranet/core"]
    assert state.needs == {"extranet/city"}
