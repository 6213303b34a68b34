"""A plan is carried out in the world that it was made for, or in that and a part of this very plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from govcloud.engine.folder import PlanFolder, write_plan
from govcloud.engine.journal import note_progress
from govcloud.engine.plan import MachineStep, Plan, Step, TaskChange
from govcloud.engine.state import StackState
from govcloud.engine.stores.files import Files
from govcloud.engine.world import demand_base, demand_same_machines, demand_unmoved
from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.provider import KINDS, Consequence, Declared
from govcloud.provider.difference import live_digest
from unit.clouds import Listed, network, session
from unit.engine.approving import PLAN

STACK, ADDRESS = "extranet/core", "extranet/core/net"
DECLARED = {ADDRESS: Declared("network", {"name": "net", "project": "project-1"})}
MARKER = session(Listed(), DECLARED).references.marker(ADDRESS)


@pytest.fixture
def store(tmp_path: Path) -> Files:
    return Files(tmp_path / "state")


def folder(tmp_path: Path, **base: str) -> PlanFolder:
    """A plan whose stacks had these states."""
    return write_plan(
        replace(PLAN, base={f"extranet/{name}": digest for name, digest in base.items()}), tmp_path
    )


def states(**digests: str) -> dict[str, StackState]:
    return {f"extranet/{name}": StackState(digest, ()) for name, digest in digests.items()}


def test_the_states_that_the_plan_saw_are_its_base(tmp_path: Path, store: Files) -> None:
    plan = folder(tmp_path, core="one", city="")
    assert demand_base(plan, store, states(core="one")) == frozenset()


@pytest.mark.parametrize(
    "present", [states(core="two"), states(), states(core="one", city="new")], ids=["other", "gone", "come"]
)
def test_a_stack_that_another_run_has_written_since_is_refused(
    tmp_path: Path, store: Files, present: dict[str, StackState]
) -> None:
    with pytest.raises(ToolkitErrors, match="its state has changed since the plan was made"):
        demand_base(folder(tmp_path, core="one", city=""), store, present)


def test_every_stack_that_has_changed_is_told_with_the_plan_that_did_it(tmp_path: Path, store: Files) -> None:
    note_progress(store, "extranet/core", "f" * 64, "two")
    with pytest.raises(ToolkitErrors) as caught:
        demand_base(folder(tmp_path, core="one", city="one"), store, states(core="two", city="two"))
    told = {str(error.where): error.what for error in caught.value.parts()}
    assert told["extranet/core"].endswith("the plan that was last applied to it is ffffffffffffffff")
    assert told["extranet/city"].endswith("since the plan was made")


@pytest.mark.parametrize(
    ("left", "present", "goes_on"),
    [
        pytest.param(None, "one", True, id="killed before it wrote"),
        pytest.param(None, "half", True, id="killed while it wrote"),
        pytest.param("two", "two", True, id="it was done"),
        pytest.param("two", "one", True, id="its state was put back"),
        pytest.param("two", "three", False, id="another has written since it was done"),
    ],
)
def test_a_stack_that_this_very_plan_has_begun_goes_on_from_there(
    tmp_path: Path, store: Files, left: str | None, present: str, goes_on: bool
) -> None:
    plan = folder(tmp_path, core="one", city="same")
    note_progress(store, STACK, plan.digest, left)
    if goes_on:
        assert demand_base(plan, store, states(core=present, city="same")) == {STACK}
    else:
        with pytest.raises(ToolkitErrors, match="its state has changed"):
            demand_base(plan, store, states(core=present, city="same"))


def test_what_another_plan_has_begun_is_no_part_of_this_one(tmp_path: Path, store: Files) -> None:
    note_progress(store, STACK, "f" * 64, None)
    with pytest.raises(ToolkitErrors):
        demand_base(folder(tmp_path, core="one"), store, states(core="half"))


def planned(operation: str, live: str = "", identifier: str = "id-1") -> Plan:
    step = Step(STACK, ADDRESS, "network", operation, identifier, Consequence.NONE, "digest", live=live)
    return replace(PLAN, steps=(step,))


def seen(**more: Any) -> str:
    """The digest of the network as the plan saw it."""
    return live_digest(KINDS["network"], network("id-1", MARKER, **more))


def moved(plan: Plan, *networks: dict[str, Any], begun: bool = False) -> str:
    """What is said of a cloud that holds these networks; nothing where the plan may go on."""
    looking = session(Listed({"/networks": networks}), DECLARED)
    try:
        demand_unmoved(looking, plan, frozenset({STACK} if begun else ()))
    except ToolkitErrors as errors:
        return "; ".join(error.what for error in errors.parts())
    return ""


@pytest.mark.parametrize("operation", ["update", "replace", "delete"])
def test_an_object_that_is_as_it_was_may_be_changed(operation: str) -> None:
    assert moved(planned(operation, seen()), network("id-1", MARKER)) == ""


@pytest.mark.parametrize("operation", ["update", "replace", "delete"])
def test_an_object_that_somebody_has_changed_or_removed_is_refused(operation: str) -> None:
    plan = planned(operation, seen())
    assert moved(plan, network("id-1", MARKER, mtu=9000)).startswith(f"{ADDRESS} has been changed since")
    assert moved(plan, network("id-1", "another's")).startswith(f"{ADDRESS} has been changed since")
    assert moved(plan).startswith(f"{ADDRESS} has gone since")


def test_what_nobody_declares_is_not_looked_at() -> None:
    plan = planned("update", seen())
    assert moved(plan, network("id-1", MARKER, revision_number=9, tags=["x"])) == ""


def test_what_is_to_be_created_is_not_there_yet() -> None:
    plan = planned("create", identifier="")
    assert moved(plan, network("id-2", "another's")) == ""
    assert moved(plan, network("id-1", MARKER)).startswith(f"{ADDRESS} has been made (id-1) since")


def test_what_is_to_be_adopted_still_stands() -> None:
    plan = planned("adopt", identifier="")
    assert moved(plan, network("id-1", MARKER)) == ""
    assert moved(plan).startswith(f"{ADDRESS} has gone since")


@pytest.mark.parametrize(
    ("operation", "networks"),
    [
        pytest.param("create", [network("id-1", MARKER)], id="made"),
        pytest.param("adopt", [network("id-1", MARKER)], id="adopted"),
        pytest.param("delete", [], id="deleted"),
        pytest.param("update", [network("id-1", MARKER)], id="brought to what is declared"),
        pytest.param("replace", [network("id-2", MARKER)], id="replaced"),
    ],
)
def test_what_this_very_plan_has_done_already_is_as_good(
    operation: str, networks: list[dict[str, Any]]
) -> None:
    before = "" if operation in ("create", "adopt") else seen(name="old")
    assert moved(planned(operation, before), *networks, begun=True) == ""


@pytest.mark.parametrize("operation", ["update", "delete"])
def test_what_is_neither_as_it_was_nor_done_is_another_s_work(operation: str) -> None:
    told = moved(planned(operation, seen(name="old")), network("id-1", MARKER, name="third"), begun=True)
    assert told.startswith(f"{ADDRESS} has been changed by another")


def test_all_that_has_moved_is_told_together() -> None:
    steps = tuple(
        replace(planned("delete", seen()).steps[0], identifier=f"id-{number}") for number in range(3)
    )
    assert moved(replace(PLAN, steps=steps), network("id-1", MARKER)).count("has gone") == 2


CHANGED = MachineStep("web", (TaskChange("Write the page", "+ 1"),))
DONE = MachineStep("web", ())


class Reached:
    """Machines of which this is what configuring them would change."""

    def __init__(self, *steps: MachineStep) -> None:
        self.steps = steps

    def check(self) -> tuple[MachineStep, ...]:
        return self.steps

    def configure(self, names: tuple[str, ...]) -> None:
        raise AssertionError("nothing is configured while the world is looked at")


@pytest.mark.parametrize("machines", [None, ()])
def test_a_plan_without_machines_asks_for_none(machines: tuple[MachineStep, ...] | None) -> None:
    demand_same_machines(replace(PLAN, machines=machines), None, resumed=False)


def test_a_plan_with_machines_needs_them() -> None:
    with pytest.raises(ToolkitError, match="nobody can reach them"):
        demand_same_machines(replace(PLAN, machines=(CHANGED,)), None, resumed=False)


@pytest.mark.parametrize(
    ("now", "resumed", "same"),
    [
        pytest.param((CHANGED,), False, True, id="as the plan says"),
        pytest.param((DONE,), False, False, id="done by somebody"),
        pytest.param((DONE,), True, True, id="done by this very plan"),
        pytest.param(
            (replace(CHANGED, changes=(TaskChange("Write", "+ 2"),)),), True, False, id="something else"
        ),
        pytest.param((replace(CHANGED, unchecked=("Restart",)),), False, False, id="less can be told"),
        pytest.param((), True, False, id="gone"),
        pytest.param((CHANGED, replace(CHANGED, machine="new")), False, True, id="another machine beside it"),
    ],
)
def test_configuring_changes_what_the_plan_says_or_nothing_any_more(
    now: tuple[MachineStep, ...], resumed: bool, same: bool
) -> None:
    plan = replace(PLAN, machines=(CHANGED,))
    if same:
        demand_same_machines(plan, Reached(*now), resumed)
    else:
        with pytest.raises(ToolkitErrors, match="configuring it would change something else by now"):
            demand_same_machines(plan, Reached(*now), resumed)
