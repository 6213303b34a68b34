"""One step for each object, as the cloud has it; and no data goes that nobody has declared to go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from govcloud.engine.plan import FieldStep, Step
from govcloud.engine.runner import EngineStep
from govcloud.engine.steps import Telling, demand_retired
from govcloud.errors import ToolkitErrors
from govcloud.provider import KINDS, Consequence, Declared
from govcloud.provider.difference import live_digest
from govcloud.stacks import Resource, Stack
from unit.clouds import Listed, network, session

STACK, ADDRESS = "extranet/core", "extranet/core/net"
INPUTS = {"name": "net", "project": "project-1"}
DECLARED = {ADDRESS: Declared("network", INPUTS)}
STACKS = (
    Stack("extranet", STACK, (Resource("network", "net", INPUTS, where="plane.yaml:3", serves="city"),)),
)
MARKER = session(Listed(), DECLARED).references.marker(ADDRESS)


def engine(operation: str, identifier: str = "id-1", name: str = "net") -> EngineStep:
    return EngineStep(f"{STACK}/{name}", "network", operation, identifier)


def told(
    *steps: EngineStep,
    live: tuple[dict[str, object], ...] = (network("id-1", MARKER),),
    declared: dict[str, Declared] = DECLARED,
) -> list[Step]:
    looking = session(Listed({"/networks": live}), declared)
    for step in steps:
        if step.operation in ("update", "replace"):
            looking.difference(step.address, KINDS["network"], step.identifier, {})
    return Telling(looking, STACKS).steps(STACK, steps)


def test_what_stays_as_it_is_is_no_step() -> None:
    assert told(engine("same")) == []


def test_a_creation_costs_nothing_and_is_bound_to_its_inputs() -> None:
    (step,) = told(engine("create", ""), live=())
    assert (step.operation, step.identifier, step.live) == ("create", "", "")
    assert step.consequence is Consequence.NONE
    assert step.inputs == session(Listed(), DECLARED).references.inputs_digest(KINDS["network"], INPUTS)
    assert step.where == "plane.yaml:3"
    assert step.interrupts == ()


def test_an_update_tells_each_field_with_its_cost_and_whom_it_reaches() -> None:
    live = network("id-1", MARKER, name="old", admin_state_up=False)
    (step,) = told(engine("update"), live=(live,))
    assert step.changes == (
        FieldStep("name", "old", "net", Consequence.NONE),
        FieldStep("admin_state_up", False, True, Consequence.INTERRUPTS),
    )
    assert step.consequence is Consequence.INTERRUPTS
    assert step.interrupts == ("city",)
    assert step.live == live_digest(KINDS["network"], live)


def test_a_deletion_costs_what_its_kind_costs_and_is_bound_to_the_object_as_it_stood() -> None:
    (step,) = told(engine("delete", name="gone"))
    assert (step.operation, step.identifier, step.inputs) == ("delete", "id-1", "")
    assert step.consequence is Consequence.INTERRUPTS
    assert step.live == live_digest(KINDS["network"], network("id-1", MARKER))


def test_a_replacement_tells_itself_in_three_and_is_one_step() -> None:
    steps = told(engine("create-replacement"), engine("replace"), engine("delete-replaced"))
    assert [(step.operation, step.identifier) for step in steps] == [("replace", "id-1")]
    assert steps[0].consequence is Consequence.INTERRUPTS


@pytest.mark.parametrize("operation", ["delete-replaced", "discard-replaced"])
def test_what_an_interrupted_replacement_left_is_a_deletion_of_its_own(operation: str) -> None:
    (step,) = told(engine(operation, "id-0"), live=(network("id-0", "old"), network("id-1", MARKER)))
    assert (step.operation, step.identifier) == ("delete", "id-0")


def test_a_replacement_beside_a_leftover_is_two_steps() -> None:
    steps = told(engine("replace"), engine("delete-replaced"), engine("delete-replaced", "id-0"))
    assert [(step.operation, step.identifier) for step in steps] == [("replace", "id-1"), ("delete", "id-0")]


def test_what_has_gone_from_the_cloud_is_created_and_says_so() -> None:
    (step,) = told(engine("replace"), live=())
    assert (step.operation, step.note) == ("create", "it has gone from the cloud")
    assert step.consequence is Consequence.NONE


def test_what_a_killed_run_has_left_is_adopted() -> None:
    (step,) = told(engine("create", ""))
    assert (step.operation, step.note) == ("adopt", "id-1 was left by a run that ended early")


def test_what_the_inventory_names_is_adopted() -> None:
    named = {ADDRESS: replace(DECLARED[ADDRESS], existing="id-7")}
    (step,) = told(engine("create", ""), live=(network("id-7", "by hand"),), declared=named)
    assert (step.operation, step.note) == ("adopt", "id-7, which the inventory names")


RETIRED = Stack("extranet", "extranet/systems", (), retired=("extranet/systems/web",))
REBUILT = Stack("extranet", "extranet/systems", (Resource("server", "web", {}, rebuild=True),))
KEPT = Stack("extranet", "extranet/systems", (Resource("server", "web", {}),))


def grave(operation: str, **more: object) -> Step:
    image = FieldStep("image", "a", "b", Consequence.DESTROYS_DATA)
    step = Step(
        "extranet/systems",
        "extranet/systems/web",
        "server",
        operation,
        "id-1",
        Consequence.DESTROYS_DATA,
        "digest",
        changes=(image,) if operation == "replace" else (),
    )
    return replace(step, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("step", "stack"),
    [
        pytest.param(grave("delete"), RETIRED, id="it is retired"),
        pytest.param(grave("replace"), REBUILT, id="its data may go for another object"),
        pytest.param(grave("delete", consequence=Consequence.INTERRUPTS), KEPT, id="no data goes"),
        pytest.param(grave("replace", consequence=Consequence.INTERRUPTS), KEPT, id="none is replaced"),
        pytest.param(grave("update"), KEPT, id="an update says what it costs, and is read"),
    ],
)
def test_what_the_inventory_has_declared_to_go_may_go(step: Step, stack: Stack) -> None:
    demand_retired([step], [stack])


@pytest.mark.parametrize(
    ("step", "stack", "what"),
    [
        pytest.param(grave("delete"), KEPT, "deleting extranet/systems/web", id="nobody retired it"),
        pytest.param(grave("delete"), REBUILT, "deleting extranet/systems/web", id="a rebuild is no end"),
        pytest.param(
            grave("delete", address="extranet/systems/web-2"),
            RETIRED,
            "deleting extranet/systems/web-2",
            id="another",
        ),
        pytest.param(
            grave("replace"),
            KEPT,
            r"replacing extranet/systems/web \(another image\)",
            id="nobody said rebuild",
        ),
        pytest.param(
            grave("replace"),
            RETIRED,
            r"replacing extranet/systems/web \(another image\)",
            id="retired, and made anew",
        ),
    ],
)
def test_what_would_destroy_data_is_refused_with_what_to_do(step: Step, stack: Stack, what: str) -> None:
    with pytest.raises(ToolkitErrors, match=f"{what} would destroy data") as caught:
        demand_retired([step], [stack])
    (error,) = caught.value.parts()
    assert "retire: " in str(error.remedy)


def test_a_refused_replacement_names_the_line_that_asks_for_it() -> None:
    with pytest.raises(ToolkitErrors) as caught:
        demand_retired([grave("replace", where="systems/web.yaml:1")], [KEPT])
    assert caught.value.parts()[0].where == "systems/web.yaml:1"


def test_all_that_would_destroy_data_is_told_together() -> None:
    with pytest.raises(ToolkitErrors) as caught:
        demand_retired([grave("delete"), grave("replace"), grave("update")], [KEPT])
    assert len(caught.value.parts()) == 2
