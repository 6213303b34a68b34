"""What the compiled stacks need of Neutron's API, tried on the cloud."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from openstack.connection import Connection
from openstack.network.v2._proxy import Proxy

from integration.conftest import connect
from integration.lab.conftest import ONE


@pytest.fixture(scope="module")
def cloud(trial: Path) -> Iterator[Connection]:
    yield connect(trial, ONE.plane)


@pytest.fixture(scope="module")
def api(cloud: Connection) -> Proxy:
    return cloud.network


def test_a_rule_may_name_an_address_group(api: Proxy) -> None:
    group = api.create_address_group(name="counties", addresses=["10.36.0.0/16", "10.37.0.0/16"])
    security_group = api.create_security_group(name="by-address-group")

    rule = api.create_security_group_rule(
        security_group_id=security_group.id,
        direction="ingress",
        ethertype="IPv4",
        protocol="tcp",
        port_range_min=443,
        port_range_max=443,
        remote_address_group_id=group.id,
    )

    assert api.get_security_group_rule(rule.id).remote_address_group_id == group.id


def test_a_policy_limits_bandwidth_and_marks_packets(api: Proxy) -> None:
    policy = api.create_qos_policy(name="conference")

    api.create_qos_bandwidth_limit_rule(policy, max_kbps=4000, max_burst_kbps=400, direction="egress")
    api.create_qos_dscp_marking_rule(policy, dscp_mark=34)

    assert api.get_qos_policy(policy.id).rules
    network = api.create_network(name="with-policy", qos_policy_id=policy.id)
    assert api.get_network(network.id).qos_policy_id == policy.id


def test_a_router_takes_and_gives_back_many_routes_one_at_a_time(api: Proxy) -> None:
    network = api.create_network(name="backbone")
    subnet = api.create_subnet(network_id=network.id, ip_version=4, cidr="10.78.0.0/24")
    router = api.create_router(name="backbone")
    api.add_interface_to_router(router, subnet_id=subnet.id)
    routes = [{"destination": f"10.{80 + number}.0.0/16", "nexthop": "10.78.0.9"} for number in range(40)]

    for route in routes:
        api.add_extra_routes_to_router(router, {"router": {"routes": [route]}})
    assert len(api.get_router(router.id).routes) == len(routes)

    api.remove_extra_routes_from_router(router, {"router": {"routes": routes[:1]}})
    assert len(api.get_router(router.id).routes) == len(routes) - 1


@pytest.mark.parametrize("kind", ["network", "qos_policy", "address_group", "security_group"])
def test_an_object_is_shared_with_one_project(cloud: Connection, api: Proxy, kind: str) -> None:
    project = cloud.identity.create_project(name=f"sharing-{kind.replace('_', '-')}", domain_id="default")
    shared = getattr(api, f"create_{kind}")(name=f"shared-{kind}")

    policy = api.create_rbac_policy(
        object_type=kind, object_id=shared.id, action="access_as_shared", target_project_id=project.id
    )

    assert api.get_rbac_policy(policy.id).target_project_id == project.id


def test_port_security_can_be_off_and_address_pairs_on(api: Proxy) -> None:
    network = api.create_network(name="edge")
    api.create_subnet(network_id=network.id, ip_version=4, cidr="10.79.0.0/24")

    open_port = api.create_port(network_id=network.id, is_port_security_enabled=False)
    paired = api.create_port(network_id=network.id, allowed_address_pairs=[{"ip_address": "10.79.0.200"}])

    assert api.get_port(open_port.id).is_port_security_enabled is False
    assert api.get_port(paired.id).allowed_address_pairs[0]["ip_address"] == "10.79.0.200"


@pytest.mark.parametrize("kind", ["geneve", "vlan"])
def test_a_network_of_each_type_stands(api: Proxy, kind: str) -> None:
    physical = {"provider_physical_network": "external"} if kind == "vlan" else {}

    network = api.create_network(name=f"of-type-{kind}", provider_network_type=kind, **physical)

    assert network.provider_network_type == kind
