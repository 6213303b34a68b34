"""The compiler's resources as a Terraform configuration (JSON syntax), for the peer to create the same objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from govcloud.stacks import Stack

SOURCE = "terraform-provider-openstack/openstack"
TYPES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "project": ("openstack_identity_project_v3", {"enabled": "enabled"}),
    "network": ("openstack_networking_network_v2", {}),
    "subnet": (
        "openstack_networking_subnet_v2",
        {
            "network": "network_id",
            "cidr": "cidr",
            "gateway_ip": "gateway_ip",
            "enable_dhcp": "enable_dhcp",
            "allocation_pools": "allocation_pool",
        },
    ),
    "router": ("openstack_networking_router_v2", {}),
    "router_interface": (
        "openstack_networking_router_interface_v2",
        {"router": "router_id", "subnet": "subnet_id"},
    ),
    "security_group": ("openstack_networking_secgroup_v2", {}),
    "security_group_rule": (
        "openstack_networking_secgroup_rule_v2",
        {
            "security_group": "security_group_id",
            "direction": "direction",
            "ethertype": "ethertype",
            "remote_group": "remote_group_id",
        },
    ),
}
"""For each kind the peer's type, and its names for our fields beyond `name` and `project`."""
COMMON = {"name": "name", "project": "tenant_id"}


def configuration(stacks: tuple[Stack, ...], cloud: str) -> str:
    """A whole configuration: the provider, and every resource with references in place of addresses."""
    kinds = {stack.address(r.name): r.kind for stack in stacks for r in stack.resources}
    resources: dict[str, dict[str, Any]] = {}
    for stack in stacks:
        for resource in stack.resources:
            type_, names = TYPES[resource.kind]
            names = {**COMMON, **names}
            body = {names[key]: _value(value, kinds) for key, value in resource.properties.items()}
            resources.setdefault(type_, {})[label(stack.address(resource.name))] = body
    providers = {"required_providers": {"openstack": {"source": SOURCE}}}
    document = {"terraform": providers, "provider": {"openstack": {"cloud": cloud}}, "resource": resources}
    return json.dumps(document, indent=1)


def label(address: str) -> str:
    """An address as a label that Terraform admits."""
    return address.replace("/", "_")


def _value(value: Any, kinds: Mapping[str, str]) -> Any:
    if isinstance(value, str) and value in kinds:
        return f"${{{TYPES[kinds[value]][0]}.{label(value)}.id}}"
    if isinstance(value, tuple):
        return [_value(item, kinds) for item in value]
    return value
