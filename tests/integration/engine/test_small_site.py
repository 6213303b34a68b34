"""Plan and apply over real clouds: what was planned stands, nothing else is planned, and drift is seen exactly."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from govcloud.engine import (
    PlaneWork,
    Setting,
    make_plan,
    planning,
    read_plan,
    take_census,
    write_plan,
)
from govcloud.engine.leases import Leases
from govcloud.engine.runner import Outcome, Runner
from govcloud.engine.state import held_in
from govcloud.errors import ToolkitError
from govcloud.progress import Silent
from govcloud.provider import KINDS
from govcloud.stacks import Stack
from integration.conftest import StandingLab, apply, plan
from integration.engine.by_hand import HANDS, UNCHANGEABLE

PLANES = pytest.mark.parametrize("plane", ["extranet", "classified"])


@PLANES
def test_everything_declared_stands_once(applied: dict[str, Setting], plane: str) -> None:
    census = take_census(applied[plane])
    assert census.wrong == ()
    assert census.total == len(applied[plane].declared)


@PLANES
def test_a_second_plan_finds_nothing(applied: dict[str, Setting], plane: str) -> None:
    found = plan(applied[plane])
    assert not found, [(step.address, step.operation) for step in found.steps]


@PLANES
def test_no_secret_lies_in_plain_in_the_state_or_the_plans(applied: dict[str, Setting], plane: str) -> None:
    work = applied[plane].work
    secrets = [line.split(": ")[1] for line in (work.root / "secrets.yaml").read_text().splitlines()]
    assert secrets
    write_plan(plan(applied[plane]), work.plans)
    files = [path for path in work.root.rglob("*") if path.is_file() and path.name != "secrets.yaml"]
    for path in files:
        content = path.read_bytes()
        assert not [secret for secret in secrets if secret.encode() in content], path


def _identifiers(setting: Setting) -> dict[str, str]:
    """The id of every object of the plane, as the state records it."""
    return held_in(setting.state())


def test_every_kind_is_changed_by_hand_or_cannot_be() -> None:
    assert {hand.kind for hand in HANDS} | set(UNCHANGEABLE) == set(KINDS)


def test_one_field_of_each_kind_changed_by_hand_is_all_that_a_plan_shows(
    applied: dict[str, Setting], lab: StandingLab
) -> None:
    setting, connection = applied["extranet"], lab.connect("extranet")
    identifiers = _identifiers(setting)
    for hand in HANDS:
        hand.act(connection, identifiers[f"extranet/{hand.name}"])
    made = plan(setting)
    shown = {step.address: (step.operation, [c.field for c in step.changes]) for step in made.steps}
    assert shown == {f"extranet/{hand.name}": hand.shown for hand in HANDS}
    apply(made, setting)
    assert not plan(setting)


def test_a_target_is_all_that_a_plan_looks_at(applied: dict[str, Setting], lab: StandingLab) -> None:
    setting, connection = applied["extranet"], lab.connect("extranet")
    wanted, other = "extranet/city/city-court-network", "extranet/city/city-finance-bureau-network"
    for address in (wanted, other):
        connection.network.update_network(_identifiers(setting)[address], name="by-hand")
    made = make_plan(setting, Silent(), datetime.now(UTC), targets=[wanted])
    assert [step.address for step in made.steps] == [wanted]
    apply(made, setting)
    assert [step.address for step in plan(setting).steps] == [other]
    apply(plan(setting), setting)


def test_a_target_that_is_not_declared_is_refused(applied: dict[str, Setting]) -> None:
    with pytest.raises(ToolkitError, match="extranet/city/no-such-thing"):
        make_plan(applied["extranet"], Silent(), datetime.now(UTC), targets=["extranet/city/no-such-thing"])


def test_a_lost_state_is_adopted_from_the_cloud(applied: dict[str, Setting]) -> None:
    setting = applied["classified"]
    stack = next(s.name for s in setting.stacks if "county" in s.name)
    for path in (setting.work.state / ".pulumi" / "stacks" / setting.site).glob(
        f"{stack.replace('/', '.')}.json*"
    ):
        path.unlink()
    made = plan(setting)
    assert {step.stack for step in made.steps} == {stack}
    assert {step.operation for step in made.steps} == {"adopt"}
    before = take_census(setting).total
    apply(made, setting)
    assert take_census(setting).total == before
    assert not plan(setting)


@pytest.mark.parametrize("condition", ["as declared", "changed by hand", "without its state"])
def test_a_plan_that_is_evident_is_the_one_that_the_engine_makes(
    applied: dict[str, Setting],
    lab: StandingLab,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    condition: str,
) -> None:
    setting, connection = applied["classified"], lab.connect("classified")
    county = next(stack for stack in setting.stacks if "county" in stack.name)
    segment = next(one for one in county.resources if one.kind == "network")
    if condition == "changed by hand":
        connection.network.update_network(
            _identifiers(setting)[county.address(segment.name)], name="changed by hand"
        )
    if condition == "without its state":
        work = PlaneWork(tmp_path / "work", setting.plane)
        shutil.copytree(setting.work.root, work.root, ignore=shutil.ignore_patterns("state", "pulumi"))
        setting = replace(setting, work=work)
    started: list[str] = []
    preview = Runner.preview

    def counted(self: Runner, stack: Stack, *more: Any) -> Outcome:
        started.append(stack.name)
        return preview(self, stack, *more)

    monkeypatch.setattr(Runner, "preview", counted)
    evident = plan(setting)
    # The core holds the accounts, whose passwords only the engine can compare.
    core = f"{setting.plane}/core"
    asked = {"as declared": {core}, "changed by hand": {core, county.name}, "without its state": set()}
    assert set(started) == asked[condition]
    monkeypatch.setattr(planning, "evident_steps", lambda *_: None)
    previewed = plan(setting)
    assert set(started) == {stack.name for stack in setting.stacks}
    steps = {"as declared": 0, "changed by hand": 1, "without its state": len(setting.declared)}
    assert len(evident.steps) == steps[condition]
    assert set(evident.steps) == set(previewed.steps)
    if condition == "changed by hand":
        apply(evident, setting)


def test_what_the_plan_does_not_hold_is_refused_before_any_call(
    applied: dict[str, Setting], lab: StandingLab
) -> None:
    setting, connection = applied["extranet"], lab.connect("extranet")
    address = "extranet/city/city-court-network"
    network = connection.network.get_network(_identifiers(setting)[address])
    connection.network.update_network(network, name="by-hand")
    made = plan(setting)
    assert [step.address for step in made.steps] == [address]
    emptied = replace(made, steps=(replace(made.steps[0], inputs="0" * 64),))
    with pytest.raises(ToolkitError) as caught:
        apply(emptied, setting)
    assert any("is not in the plan" in error.what for error in caught.value.parts())
    assert connection.network.get_network(network.id).name == "by-hand"
    apply(made, setting)
    assert connection.network.get_network(network.id).name != "by-hand"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"site": "another"}, "for site another"),
        ({"expires": datetime(2020, 1, 1, tzinfo=UTC)}, "expired"),
        ({"tool": "other"}, "another version of the tool"),
        ({"topology": "other"}, "the declaration has changed"),
    ],
)
def test_a_plan_for_something_else_is_refused(
    applied: dict[str, Setting], change: dict[str, Any], reason: str
) -> None:
    setting = applied["classified"]
    made = plan(setting)
    with pytest.raises(ToolkitError) as caught:
        apply(replace(made, **change), setting)
    assert reason in str(caught.value)


def test_a_plan_read_from_its_folder_is_the_plan(applied: dict[str, Setting], tmp_path: Path) -> None:
    made = plan(applied["classified"], destroy=True)
    folder = write_plan(made, tmp_path)
    assert read_plan(folder.sealed.folder).plan == made
    assert json.loads((folder.sealed.folder / "plan.json").read_text())["counts"] == {
        "delete": len(made.steps)
    }


def test_two_runs_on_one_stack_do_not_both_write(applied: dict[str, Setting], lab: StandingLab) -> None:
    setting = applied["classified"]
    county = next(stack for stack in setting.stacks if "county" in stack.name)
    segment = next(one for one in county.resources if one.kind == "network")
    address = county.address(segment.name)
    network = _identifiers(setting)[address]
    lab.connect("classified").network.update_network(network, name="by-hand")
    made = plan(setting)
    assert [step.address for step in made.steps] == [address]
    with (
        Leases(setting.store, [county.name], "another"),
        pytest.raises(ToolkitError, match="another run works"),
    ):
        apply(made, setting)
    with Leases(setting.store, [f"{setting.plane}/core"], "another stack's"):
        apply(made, setting)
    assert not plan(setting)
