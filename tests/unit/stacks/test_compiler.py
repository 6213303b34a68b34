"""The compiler: from a dataset to the resources it stands for."""

from __future__ import annotations

from collections import Counter
from graphlib import TopologicalSorter
from ipaddress import IPv4Address, IPv4Network
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud.stacks import Resource, Stack, compile_topology, references
from govcloud.topology import Topology, load

ROOT = Path(__file__).parents[3]
SITES = ("minimal", "jiujiang")
MAXIMUM = 700
"""Resources in a stack: the engine's checkpoints cost more the larger a stack is."""


@pytest.fixture(scope="module", params=SITES)
def topology(request: pytest.FixtureRequest) -> Topology:
    return load(ROOT / "inventories" / str(request.param))


@pytest.fixture(scope="module")
def stacks(topology: Topology) -> tuple[Stack, ...]:
    return compile_topology(topology)


def resources(stacks: tuple[Stack, ...], kind: str = "", plane: str = "") -> list[tuple[Stack, Resource]]:
    return [
        (stack, resource)
        for stack in stacks
        for resource in stack.resources
        if kind in ("", resource.kind) and plane in ("", stack.plane)
    ]


def used(resource: Resource) -> list[str]:
    return list(references(tuple(resource.properties.values())))


def test_it_is_deterministic(topology: Topology, stacks: tuple[Stack, ...]) -> None:
    assert compile_topology(topology) == stacks


def test_every_reference_is_a_resource_of_the_same_plane(stacks: tuple[Stack, ...]) -> None:
    known = {stack.address(resource.name) for stack, resource in resources(stacks)}
    count = 0
    for stack, resource in resources(stacks):
        for reference in used(resource):
            assert reference in known, f"{stack.name}/{resource.name}"
            assert reference.startswith(f"{stack.plane}/"), f"{stack.name}/{resource.name}"
            count += 1
    assert count > len(known)


def test_stacks_depend_on_every_stack_they_refer_to_and_on_no_later_one(stacks: tuple[Stack, ...]) -> None:
    order = [stack.name for stack in stacks]
    for stack in stacks:
        referred = {
            reference.rpartition("/")[0] for resource in stack.resources for reference in used(resource)
        }
        assert referred - {stack.name} == set(stack.depends_on)
        assert all(order.index(name) < order.index(stack.name) for name in stack.depends_on)


def test_resources_form_no_circle(stacks: tuple[Stack, ...]) -> None:
    graph: dict[str, set[str]] = {}
    for stack, resource in resources(stacks):
        address = stack.address(resource.name)
        graph[address] = {stack.address(name) for name in resource.depends_on}
        graph[address] |= {reference for reference in used(resource) if reference != address}
    assert set(TopologicalSorter(graph).static_order()) == set(graph)


def test_names_are_unique_and_of_the_contract_s_form(stacks: tuple[Stack, ...]) -> None:
    for stack in stacks:
        names = [resource.name for resource in stack.resources]
        assert len(set(names)) == len(names)
        for name in names:
            assert name.replace("-", "").isalnum()
            assert name == name.lower()
            marker = f"jiujiang/{stack.name}/{name}#{'0' * 16}"
            assert len(marker) <= 255


def test_dependencies_by_name_stand_in_the_same_stack(stacks: tuple[Stack, ...]) -> None:
    for stack in stacks:
        names = {resource.name for resource in stack.resources}
        assert {name for resource in stack.resources for name in resource.depends_on} <= names


def test_each_plane_has_one_router_to_the_outside(topology: Topology, stacks: tuple[Stack, ...]) -> None:
    for plane in topology.planes.values():
        ways = [
            resource
            for _, resource in resources(stacks, "router", plane.id)
            if "external_network" in resource.properties
        ]
        assert len(ways) == (1 if plane.provisioned else 0)
        if ways:
            assert ways[0].properties["enable_snat"] is (plane.egress is not None)


def test_only_planes_with_an_egress_have_a_way_everywhere(
    topology: Topology, stacks: tuple[Stack, ...]
) -> None:
    for plane in topology.planes.values():
        routes = [resource for _, resource in resources(stacks, "router_route", plane.id)]
        open_routes = [route for route in routes if route.properties["destination"] == "0.0.0.0/0"]
        assert bool(open_routes) == (plane.provisioned and plane.egress is not None)


def test_every_member_has_a_network_a_subnet_a_group_and_a_gateway(
    topology: Topology, stacks: tuple[Stack, ...]
) -> None:
    for plane in topology.planes.values():
        if not plane.provisioned:
            continue
        names = {resource.name for _, resource in resources(stacks, "", plane.id)}
        for member in plane.members:
            assert {f"{member}-{part}" for part in ("network", "subnet", "group", "interface")} <= names
        owners = {
            member for member in plane.members if member in topology.units or member in topology.counties
        }
        assert {f"{member}-project" for member in owners} <= names


def test_no_two_subnets_of_a_plane_overlap(topology: Topology, stacks: tuple[Stack, ...]) -> None:
    for plane in topology.planes:
        prefixes = sorted(
            IPv4Network(str(r.properties["cidr"])) for _, r in resources(stacks, "subnet", plane)
        )
        assert all(not a.overlaps(b) for a, b in pairwise(prefixes))


def test_planned_addresses_lie_outside_what_the_cloud_may_give(stacks: tuple[Stack, ...]) -> None:
    subnets = {stack.address(r.name): r.properties for stack, r in resources(stacks, "subnet")}
    for _, port in resources(stacks, "port"):
        fixed: Any = port.properties["fixed_ips"]
        subnet: Any = subnets[fixed[0]["subnet"]]
        address, pool = IPv4Address(fixed[0]["ip_address"]), subnet["allocation_pools"][0]
        assert address in IPv4Network(subnet["cidr"])
        assert not IPv4Address(pool["start"]) <= address <= IPv4Address(pool["end"])


def test_routers_hold_fewer_interfaces_than_a_hundred(stacks: tuple[Stack, ...]) -> None:
    held = Counter(
        str(resource.properties["router"]) for _, resource in resources(stacks, "router_interface")
    )
    assert max(held.values()) <= 100


def test_no_stack_is_too_large(stacks: tuple[Stack, ...]) -> None:
    assert max(len(stack.resources) for stack in stacks) <= MAXIMUM


def test_servers_come_after_the_role_that_may_create_them(stacks: tuple[Stack, ...]) -> None:
    roles = {
        str(resource.properties["project"]): stack
        for stack, resource in resources(stacks, "role_assignment")
        if resource.properties["user"] == "@self"
    }
    order = [stack.name for stack in stacks]
    for stack, server in resources(stacks, "server"):
        giver = roles[str(server.properties["project"])]
        assert order.index(giver.name) <= order.index(stack.name)
        if giver is stack:
            assert any(name.endswith("-provisioner") for name in server.depends_on)


def test_nothing_is_called_description(stacks: tuple[Stack, ...]) -> None:
    assert not [resource for _, resource in resources(stacks) if "description" in resource.properties]


def test_one_way_imports_and_declared_planes_become_nothing(
    topology: Topology, stacks: tuple[Stack, ...]
) -> None:
    assert {stack.plane for stack in stacks} == {"extranet", "classified"}
    imports = [name for plane in topology.planes.values() for name in plane.imports]
    assert imports
    names = {resource.name for _, resource in resources(stacks)}
    assert not [name for name in names if any(name.startswith(item) for item in imports)]


@pytest.mark.parametrize("site", SITES)
def test_what_is_compiled_is_what_was_agreed(site: str) -> None:
    """Counts by stack and kind, reviewed by eye; a change of them is a change of the city."""
    agreed = yaml.safe_load((ROOT / "tests" / "cases" / "stacks" / f"{site}.yaml").read_text("utf-8"))
    found = {
        stack.name: dict(Counter(resource.kind for resource in stack.resources))
        for stack in compile_topology(load(ROOT / "inventories" / site))
    }
    assert found == agreed


def test_the_city_is_at_least_two_thousand_resources() -> None:
    stacks = compile_topology(load(ROOT / "inventories" / "jiujiang"))
    assert 2_000 <= sum(len(stack.resources) for stack in stacks) <= 2_900


def find(stacks: tuple[Stack, ...], address: str) -> dict[str, Any]:
    stack, _, name = address.rpartition("/")
    return next(dict(r.properties) for s in stacks if s.name == stack for r in s.resources if r.name == name)


@pytest.fixture(scope="module")
def minimal() -> tuple[Stack, ...]:
    return compile_topology(load(ROOT / "inventories" / "minimal"))


def test_the_portal_is_reached_from_the_internet_on_two_ports(minimal: tuple[Stack, ...]) -> None:
    rules = [
        resource.properties
        for _, resource in resources(minimal, "security_group_rule", "extranet")
        if resource.properties.get("remote_ip_prefix") == "0.0.0.0/0"
    ]
    assert {rule["security_group"] for rule in rules} == {"extranet/systems/portal-web-group"}
    assert sorted(str(rule["port_range_min"]) for rule in rules) == ["443", "80"]


def test_the_portal_s_floating_address_is_the_inventory_s(minimal: tuple[Stack, ...]) -> None:
    address = find(minimal, "extranet/systems/portal-web-address")
    assert address["address"] == "198.51.100.80"
    assert address["port"] == "extranet/systems/portal-web-port"


def test_a_machine_has_its_own_group_and_the_one_of_all_machines(minimal: tuple[Stack, ...]) -> None:
    port = find(minimal, "extranet/systems/shared-postgresql-port")
    assert port["security_groups"] == (
        "extranet/systems/shared-postgresql-group",
        "extranet/core/managed-group",
    )


def test_a_server_carries_what_configuration_needs(minimal: tuple[Stack, ...]) -> None:
    server = find(minimal, "extranet/systems/portal-web")
    assert server["metadata"] == {"role": "portal-web", "system": "portal", "unit": "city-information-office"}
    assert server["availability_zone"] == "running"
    assert find(minimal, "extranet/systems/finance-web")["availability_zone"] == "simulated"


def test_bridges_share_an_address_and_all_media_is_marked(minimal: tuple[Stack, ...]) -> None:
    shared = find(minimal, "extranet/videoconf/hd-backup-shared-port")["fixed_ips"][0]["ip_address"]
    for number in (1, 2):
        port = find(minimal, f"extranet/videoconf/hd-backup-bridge-{number}-port")
        assert port["allowed_address_pairs"] == ({"ip_address": shared},)
        assert port["qos_policy"] == "extranet/videoconf/hd-backup-bridges-quality"
    edge = find(minimal, "extranet/videoconf/hd-backup-edge-east-port")
    assert "allowed_address_pairs" not in edge
    assert find(minimal, "extranet/videoconf/hd-backup-edges-quality-mark")["dscp_mark"] == 34


def test_a_county_is_routed_by_one_summary(minimal: tuple[Stack, ...]) -> None:
    back = find(minimal, "extranet/county-990421/router-east-back")
    out = find(minimal, "extranet/county-990421/router-east-out")
    interface = find(minimal, "extranet/county-990421/router-east-interface")
    assert back["router"] == "extranet/core/border-router"
    assert back["destination"] == "10.40.0.0/18"
    assert back["nexthop"] == interface["address"]
    assert (out["destination"], out["nexthop"]) == ("0.0.0.0/0", "10.32.0.1")


def test_a_county_without_a_code_has_its_id_in_the_stack_s_name(minimal: tuple[Stack, ...]) -> None:
    assert "extranet/county-lakeside" in [stack.name for stack in minimal]


def test_a_quota_is_given_where_one_is_declared(minimal: tuple[Stack, ...]) -> None:
    quota = find(minimal, "extranet/city/city-finance-bureau-compute-quota")
    assert quota == {
        "project": "extranet/city/city-finance-bureau-project",
        "cores": 8,
        "instances": 8,
        "ram": 8192,
    }
