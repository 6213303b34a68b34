"""When a plan needs no engine: everything that is neither "nothing yet" nor "all as declared" is the engine's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from govcloud.engine.evident import evident_steps
from govcloud.engine.runner import EngineStep
from govcloud.engine.state import NOTHING, Held, StackState
from govcloud.provider import Declared
from govcloud.stacks import Resource, Stack

NETWORK = Resource("network", "office", {"name": "office", "project": "p"})
SUBNET = Resource("subnet", "office-subnet", {"network": "extranet/city/office", "cidr": "10.0.0.0/24"})
USER = Resource("user", "operator", {"name": "operator", "password": "kept elsewhere"})


class Cloud:
    """What the session would say: which addresses differ, and what is wrong with any inputs."""

    def __init__(self, differing: tuple[str, ...] = (), wrong: tuple[tuple[str, str], ...] = ()) -> None:
        self.differing, self.wrong = differing, wrong

    def check(self, _kind: Any, inputs: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        return dict(inputs), list(self.wrong)

    def difference(self, address: str, *_: Any) -> bool:
        return address in self.differing


def _steps(cloud: Cloud, state: StackState, *resources: Resource) -> Any:
    stack = Stack("extranet", "extranet/city", resources)
    declared = {stack.address(one.name): Declared(one.kind, dict(one.properties)) for one in resources}
    return evident_steps(stack, state, cloud, declared)  # type: ignore[arg-type]


def _held(*resources: Resource, settled: bool = True) -> StackState:
    held = tuple(Held(f"extranet/city/{one.name}", one.kind, one.name) for one in resources)
    return StackState("digest", held, settled)


def test_where_nothing_stands_everything_is_created_behind_what_it_needs() -> None:
    assert _steps(Cloud(), NOTHING, SUBNET, NETWORK) == [
        EngineStep("extranet/city/office", "network", "create", ""),
        EngineStep("extranet/city/office-subnet", "subnet", "create", ""),
    ]


def test_where_all_stands_as_declared_there_is_nothing_to_do() -> None:
    assert _steps(Cloud(), _held(NETWORK, SUBNET), NETWORK, SUBNET) == ()


@pytest.mark.parametrize(
    ("cloud", "state", "declared"),
    [
        pytest.param(Cloud(("extranet/city/office",)), _held(NETWORK), (NETWORK,), id="it differs"),
        pytest.param(Cloud(), _held(NETWORK), (NETWORK, SUBNET), id="more is declared than stands"),
        pytest.param(Cloud(), _held(NETWORK, SUBNET), (NETWORK,), id="more stands than is declared"),
        pytest.param(Cloud(), _held(NETWORK, NETWORK), (NETWORK,), id="the state holds it twice"),
        pytest.param(
            Cloud(), _held(Resource("router", "office", {})), (NETWORK,), id="the name stood for another kind"
        ),
        pytest.param(Cloud(), _held(NETWORK, settled=False), (NETWORK,), id="a run was interrupted"),
        pytest.param(Cloud(), _held(settled=False), (NETWORK,), id="its first create has no answer"),
        pytest.param(Cloud(), _held(USER), (USER,), id="a password cannot be compared"),
        pytest.param(Cloud(wrong=(("mtu", "no field"),)), NOTHING, (NETWORK,), id="an input is wrong"),
    ],
)
def test_everything_else_is_for_the_engine(
    cloud: Cloud, state: StackState, declared: tuple[Resource, ...]
) -> None:
    assert _steps(cloud, state, *declared) is None
