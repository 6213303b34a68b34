"""What somebody does by hand, past the toolkit, to one object of each kind, and what a plan must show of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from openstack.connection import Connection

BY_HAND = "by-hand"
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFvnNcNVGbD8A1Bk6pGz2mTNLz0wBBWbNA7oWbX2qFfi by-hand"


@dataclass(frozen=True)
class Hand:
    """`act` is given the API and the object's id; a plan then shows `field` changed, or the object gone."""

    kind: str
    name: str
    act: Callable[[Connection, str], Any]
    field: str = ""
    replaces: bool = False

    @property
    def shown(self) -> tuple[str, list[str]]:
        """The operation and the fields of the plan's step."""
        if not self.field:
            return "create", []
        return ("replace" if self.replaces else "update"), [self.field]


def _unassign(c: Connection, identifier: str) -> None:
    project, user, role = identifier.split("/")
    c.identity.unassign_project_role_from_user(project, user, c.identity.find_role(role))


def _detach(c: Connection, identifier: str) -> None:
    router, subnet = identifier.split("/")
    c.network.remove_interface_from_router(router, subnet_id=subnet)


def _unroute(c: Connection, identifier: str) -> None:
    router, destination, nexthop = identifier.split("/")
    route = {"destination": destination.replace("-", "/"), "nexthop": nexthop}
    c.network.remove_extra_routes_from_router(router, body={"router": {"routes": [route]}})


def _share_with_one(c: Connection, identifier: str) -> None:
    """Who holds rules with the group keeps the right to, by another policy: Neutron refuses the change otherwise."""
    policy = c.network.get_rbac_policy(identifier)
    court = next(project for project in c.identity.projects() if project.name == "minimal-city-court")
    same = {"object_type": policy.object_type, "object_id": policy.object_id, "action": policy.action}
    c.network.create_rbac_policy(**same, target_project_id=c.current_project_id)
    c.network.update_rbac_policy(identifier, target_project_id=court.id)


def _ceiling(c: Connection, identifier: str) -> None:
    policy, rule = identifier.split("/")
    c.network.update_qos_bandwidth_limit_rule(rule, policy, max_kbps=1)


def _mark(c: Connection, identifier: str) -> None:
    policy, rule = identifier.split("/")
    c.network.update_qos_dscp_marking_rule(rule, policy, dscp_mark=8)


def _another_key(c: Connection, name: str) -> None:
    c.compute.delete_keypair(name)
    c.compute.create_keypair(name=name, public_key=OTHER_KEY)


HANDS = (
    Hand(
        "project",
        "city/city-court-project",
        lambda c, i: c.identity.update_project(i, is_enabled=False),
        "enabled",
    ),
    Hand(
        "user",
        "core/security-auditor-user",
        lambda c, i: c.identity.update_user(i, is_enabled=False),
        "enabled",
    ),
    Hand("role_assignment", "core/security-administrator-role", _unassign),
    Hand(
        "compute_quota",
        "city/city-finance-bureau-compute-quota",
        lambda c, i: c.compute.update_quota_set(i, cores=7),
        "cores",
    ),
    Hand(
        "network_quota",
        "city/city-finance-bureau-network-quota",
        lambda c, i: c.network.update_quota(i, ports=49),
        "port",
    ),
    Hand(
        "network", "city/city-court-network", lambda c, i: c.network.update_network(i, name=BY_HAND), "name"
    ),
    Hand(
        "subnet",
        "city/city-court-subnet",
        lambda c, i: c.network.update_subnet(i, dns_nameservers=["192.0.2.53"]),
        "dns_nameservers",
    ),
    Hand("router", "city/router-city-1", lambda c, i: c.network.update_router(i, name=BY_HAND), "name"),
    Hand("router_interface", "county-lakeside/huxin-interface", _detach),
    Hand("router_route", "county-lakeside/router-lakeside-back", _unroute),
    Hand("port", "systems/portal-web-port", lambda c, i: c.network.update_port(i, name=BY_HAND), "name"),
    Hand(
        "security_group",
        "city/city-court-group",
        lambda c, i: c.network.update_security_group(i, name=BY_HAND),
        "name",
    ),
    Hand(
        "security_group_rule",
        "county-990421/shankou-group-intra",
        lambda c, i: c.network.delete_security_group_rule(i),
    ),
    Hand(
        "address_group",
        "core/from-units-all",
        lambda c, i: c.network.add_addresses_to_address_group(i, ["192.0.2.0/24"]),
        "addresses",
    ),
    Hand(
        "floating_ip", "systems/portal-web-address", lambda c, i: c.network.update_ip(i, port_id=None), "port"
    ),
    Hand("rbac_policy", "core/from-operators-shared", _share_with_one, "target_project"),
    Hand(
        "qos_policy",
        "videoconf/hd-backup-edges-quality",
        lambda c, i: c.network.update_qos_policy(i, name=BY_HAND),
        "name",
    ),
    Hand("qos_bandwidth_limit_rule", "videoconf/hd-backup-edges-quality-ceiling", _ceiling, "max_kbps"),
    Hand("qos_dscp_marking_rule", "videoconf/hd-backup-bridges-quality-mark", _mark, "dscp_mark"),
    Hand(
        "flavor",
        "core/flavor-tiny",
        lambda c, i: c.compute.create_flavor_extra_specs(i, {"quota:cpu_shares": "10"}),
        "extra_specs",
    ),
    Hand("keypair", "core/operator-keypair", _another_key, "public_key", replaces=True),
    Hand("image", "core/image-guest", lambda c, i: c.image.update_image(i, name=BY_HAND), "name"),
    Hand("server", "systems/finance-web", lambda c, i: c.compute.update_server(i, name=BY_HAND), "name"),
)
UNCHANGEABLE = {
    "server_group": "the API changes nothing of it; once it has gone, its servers must be built again"
}
