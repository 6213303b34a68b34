"""A plan survives being written and read, and permits exactly its steps."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from govcloud.engine.folder import read_plan, write_plan
from govcloud.engine.plan import FieldStep, Plan, Step
from govcloud.errors import ToolkitError
from govcloud.evidence import seal
from govcloud.provider import Consequence, Permit

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def _step(operation: str, name: str, identifier: str = "", **more: object) -> Step:
    return Step(
        stack="extranet/core",
        address=f"extranet/core/{name}",
        kind="network",
        operation=operation,
        identifier=identifier,
        consequence=more.pop("consequence", Consequence.NONE),  # type: ignore[arg-type]
        inputs="" if operation == "delete" else "digest",
        **more,  # type: ignore[arg-type]
    )


def _plan(*steps: Step) -> Plan:
    return Plan(
        site="jiujiang",
        plane="extranet",
        made=NOW,
        expires=NOW + timedelta(days=1),
        author="engineer",
        signatures=0,
        destroy=False,
        stacks=("extranet/core",),
        targets=(),
        topology="t" * 64,
        tool="1",
        base={"extranet/core": "b"},
        steps=steps,
    )


def test_it_reads_back_as_it_was_written(tmp_path: Path) -> None:
    change = FieldStep("mtu", 1500, {"to": [1400]}, Consequence.INTERRUPTS)
    plan = _plan(
        _step("create", "a"), _step("update", "b", "id", changes=(change,)), _step("delete", "c", "id")
    )
    assert read_plan(write_plan(plan, tmp_path).sealed.folder).plan == plan


def test_two_plans_of_one_second_get_a_folder_each(tmp_path: Path) -> None:
    assert write_plan(_plan(), tmp_path) != write_plan(_plan(), tmp_path)


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = write_plan(_plan(), tmp_path).sealed.folder
    assert {path.stat().st_mode & 0o077 for path in [folder, *folder.iterdir()]} == {0}


@pytest.mark.parametrize(
    ("step", "permits"),
    [
        (_step("create", "a"), {Permit("create", "extranet/core/a", "", "digest")}),
        (
            _step("update", "a", "7", live="seen"),
            {Permit("update", "extranet/core/a", "7", "digest", "seen")},
        ),
        (_step("delete", "a", "7", live="seen"), {Permit("delete", "extranet/core/a", "7", "", "seen")}),
        (
            _step("replace", "a", "7"),
            {Permit("create", "extranet/core/a", "", "digest"), Permit("delete", "extranet/core/a", "7")},
        ),
    ],
)
def test_a_step_permits_its_own_calls(step: Step, permits: set[Permit]) -> None:
    assert set(step.permits()) == permits


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 9}', '{"format": 1}', "not json"])
def test_a_file_that_is_no_plan_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "plan.json").write_text(text)
    (tmp_path / "plan.html").write_text("")
    seal(tmp_path)
    with pytest.raises(ToolkitError, match="it is no plan"):
        read_plan(tmp_path)


def test_a_folder_without_a_plan_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolkitError, match="it is no sealed folder"):
        read_plan(tmp_path)


def test_the_page_puts_consequences_before_changes_and_escapes_what_it_shows(tmp_path: Path) -> None:
    change = FieldStep("name", "<script>alert(1)</script>", "财政局", Consequence.NONE)
    grave = _step("delete", "gone", "id-9", consequence=Consequence.DESTROYS_DATA)
    folder = write_plan(_plan(_step("update", "a", "7", changes=(change,)), grave), tmp_path)
    page = folder.sealed.files["plan.html"].decode()
    assert page.index("destroys data") < page.index("<h2>Counts") < page.index("<h2>Changes")
    assert "<script>alert" not in page
    assert "财政局" in page


def test_the_steps_are_one_json_document(tmp_path: Path) -> None:
    folder = write_plan(_plan(_step("create", "a")), tmp_path)
    assert json.loads(folder.sealed.files["plan.json"])["counts"] == {"create": 1}
