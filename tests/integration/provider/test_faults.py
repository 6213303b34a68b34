"""Whatever befalls the call that creates an object, the next run ends with exactly one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
import yaml
from openstack.connection import Connection

from govcloud.provider import Cloud, Session
from integration.conftest import StandingLab
from integration.provider.injecting import FAULTS, Between, between, create_amid, remove
from integration.provider.world import World

CASES = Path(__file__).parents[2] / "cases" / "kinds"
SAMPLE = ("security_group_rule", "role_assignment", "image")
"""One of each way of knowing an object again besides by its marker; `./dev bench faults` takes every kind."""
WORST = ("lost answer", "late create", "502 after acting", "half an answer")
"""The object stands, and nobody was told."""


@pytest.fixture(scope="module")
def way(
    lab: StandingLab, connection: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Between]:
    """Proxies before the extranet's services."""
    clouds_file = lab.work / "extranet" / "clouds.yaml"
    with between(connection, clouds_file, tmp_path_factory.mktemp("between")) as made:
        yield made


@pytest.fixture(scope="module")
def spoiled(way: Between, world: World) -> Cloud:
    """The cloud as it is reached through them."""
    return Cloud("extranet", way.clouds_file, world.cloud.image_files, pause=0.02)


@pytest.mark.parametrize(
    ("name", "fault"),
    [*product(["network"], FAULTS), *product(SAMPLE, WORST), ("router_interface", "half an answer")],
)
def test_one_object_stands_in_the_end(
    world: World, spoiled: Cloud, way: Between, name: str, fault: str
) -> None:
    inputs = yaml.safe_load((CASES / f"{name}.yaml").read_text())["create"]
    address, kind, identifier, standing = create_amid(world, spoiled, way, name, inputs, fault)
    try:
        assert standing == 1
    finally:
        remove(world, address, kind, identifier)


@pytest.mark.parametrize("fault", ["lost answer", "late create"])
def test_a_tool_that_does_not_look_makes_two(
    world: World,
    spoiled: Cloud,
    way: Between,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    """The control."""
    inputs = yaml.safe_load((CASES / "security_group.yaml").read_text())["create"]
    monkeypatch.setattr(Session, "_left_behind", lambda *_: None)
    address, _, _, standing = create_amid(world, spoiled, way, "security_group", inputs, fault)
    for group in connection.network.security_groups():
        if f"/{address}#" in (group.description or ""):
            connection.network.delete_security_group(group)
    assert standing == 2
