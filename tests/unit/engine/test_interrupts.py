"""Whom a change of service reaches: all that stands on an object, and what it is part of."""

from __future__ import annotations

import pytest

from govcloud.engine.interrupts import Interrupts
from govcloud.stacks import Resource, Stack

CORE, SYSTEMS = "extranet/core", "extranet/systems"
STACKS = (
    Stack(
        "extranet",
        CORE,
        (
            Resource("project", "project", {"name": "project"}, serves="platform"),
            Resource("network", "net", {"project": f"{CORE}/project"}),
            Resource("subnet", "subnet", {"network": f"{CORE}/net"}),
            Resource("router", "border", {"project": f"{CORE}/project"}),
            Resource("keypair", "operator", {"name": "operator"}),
        ),
    ),
    Stack(
        "extranet",
        SYSTEMS,
        (
            Resource(
                "port", "web-port", {"network": f"{CORE}/net", "fixed_ips": ({"subnet": f"{CORE}/subnet"},)}
            ),
            Resource("server", "web", {"ports": (f"{SYSTEMS}/web-port",)}, serves="portal"),
            Resource("security_group", "group", {"name": "group"}, serves="portal"),
            Resource(
                "port",
                "database-port",
                {"security_groups": (f"{SYSTEMS}/group",), "network": f"{SYSTEMS}/elsewhere"},
                serves="database",
            ),
            Resource("security_group_rule", "rule", {"security_group": f"{SYSTEMS}/group"}, serves="portal"),
            Resource(
                "router_interface",
                "way",
                {"router": f"{CORE}/border", "subnet": f"{CORE}/subnet"},
                serves="unit",
            ),
        ),
    ),
)


@pytest.mark.parametrize(
    ("address", "reached"),
    [
        pytest.param(f"{SYSTEMS}/web", ("portal",), id="a server serves its system"),
        pytest.param(f"{SYSTEMS}/web-port", ("portal",), id="a port serves the server that stands on it"),
        pytest.param(f"{CORE}/net", ("portal", "unit"), id="a network all that stands on it, through others"),
        pytest.param(f"{SYSTEMS}/rule", ("database", "portal"), id="a rule whoever wears its group"),
        pytest.param(f"{SYSTEMS}/way", ("portal", "unit"), id="a leg all in its subnet"),
        pytest.param(f"{CORE}/border", ("portal", "unit"), id="a router all behind its legs"),
        pytest.param(f"{CORE}/operator", (), id="what nobody stands on and serves nobody"),
        pytest.param(f"{CORE}/project", ("platform", "portal", "unit"), id="a project all in it"),
        pytest.param("extranet/core/gone", (), id="what is declared nowhere"),
    ],
)
def test_a_change_reaches(address: str, reached: tuple[str, ...]) -> None:
    assert Interrupts(STACKS).served(address) == reached


def test_what_is_no_longer_declared_reaches_whom_it_was_part_of() -> None:
    assert Interrupts(STACKS).served("extranet/systems/old-rule", [f"{SYSTEMS}/group"]) == (
        "database",
        "portal",
    )


def test_without_stacks_nobody_is_reached() -> None:
    assert Interrupts(()).served(f"{CORE}/net") == ()


def test_stacks_that_stand_on_each_other_are_gone_through_once() -> None:
    circle = Stack(
        "extranet",
        CORE,
        (
            Resource("security_group", "one", {"other": f"{CORE}/two"}, serves="one"),
            Resource("security_group", "two", {"other": f"{CORE}/one"}, serves="two"),
        ),
    )
    assert Interrupts((circle,)).served(f"{CORE}/one") == ("one", "two")
