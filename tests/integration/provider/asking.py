"""What the API itself says of an object, through openstacksdk's own resources and none of our projections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from openstack.connection import Connection
from openstack.exceptions import NotFoundException

Ask = Callable[[Connection, str], Any]


def _of(parent: str, get: str) -> Ask:
    return lambda c, i: getattr(c.network, get)(i.split("/")[1], i.split("/")[0])


def _assignment(c: Connection, identifier: str) -> Any:
    project, user, role = identifier.split("/")
    return c.identity.validate_user_has_project_role(project, user, c.identity.find_role(role)) or None


def _interface(c: Connection, identifier: str) -> Any:
    router, subnet = identifier.split("/")
    for port in c.network.ports(device_id=router):
        if any(ip["subnet_id"] == subnet for ip in port.fixed_ips):
            return port
    return None


def _route(c: Connection, identifier: str) -> Any:
    router, destination, nexthop = identifier.split("/")
    route = {"destination": destination.replace("-", "/"), "nexthop": nexthop}
    return route if route in (c.network.get_router(router).routes or []) else None


def _network_quota(c: Connection, identifier: str) -> Any:
    listed = [quota for quota in c.network.quotas() if quota.project_id == identifier]
    return listed[0] if listed else None


ASK: dict[str, Ask] = {
    "project": lambda c, i: c.identity.get_project(i),
    "user": lambda c, i: c.identity.get_user(i),
    "role_assignment": _assignment,
    "compute_quota": lambda c, i: c.compute.get_quota_set(i),
    "network_quota": _network_quota,
    "network": lambda c, i: c.network.get_network(i),
    "subnet": lambda c, i: c.network.get_subnet(i),
    "router": lambda c, i: c.network.get_router(i),
    "router_interface": _interface,
    "router_route": _route,
    "port": lambda c, i: c.network.get_port(i),
    "security_group": lambda c, i: c.network.get_security_group(i),
    "security_group_rule": lambda c, i: c.network.get_security_group_rule(i),
    "address_group": lambda c, i: c.network.get_address_group(i),
    "floating_ip": lambda c, i: c.network.get_ip(i),
    "rbac_policy": lambda c, i: c.network.get_rbac_policy(i),
    "qos_policy": lambda c, i: c.network.get_qos_policy(i),
    "qos_bandwidth_limit_rule": _of("policy", "get_qos_bandwidth_limit_rule"),
    "qos_dscp_marking_rule": _of("policy", "get_qos_dscp_marking_rule"),
    "flavor": lambda c, i: c.compute.get_flavor(i),
    "keypair": lambda c, i: c.compute.get_keypair(i),
    "image": lambda c, i: c.image.get_image(i),
    "server_group": lambda c, i: c.compute.get_server_group(i),
    "server": lambda c, i: c.compute.get_server(i),
}


def ask(connection: Connection, kind: str, identifier: str) -> Any:
    """The object, or None where the API says that there is none."""
    try:
        return ASK[kind](connection, identifier)
    except NotFoundException:
        return None


def attribute(found: Any, path: str) -> Any:
    """One attribute by its dotted path, through mappings and lists."""
    value = found
    for part in path.split("."):
        if isinstance(value, list):
            value = value[int(part)]
        elif isinstance(value, dict):
            value = value.get(part)
        else:
            value = getattr(value, part, None)
    return value
