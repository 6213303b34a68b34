"""The kinds that govcloud provisions, by name: a new kind is a new class in this list."""

from __future__ import annotations

from govcloud.provider.kind import Kind
from govcloud.provider.kinds.compute import Flavor, Keypair
from govcloud.provider.kinds.identity import ComputeQuota, NetworkQuota, Project, RoleAssignment, User
from govcloud.provider.kinds.image import Image
from govcloud.provider.kinds.network import AddressGroup, Network, Port, Subnet
from govcloud.provider.kinds.routing import FloatingIP, Router, RouterInterface, RouterRoute
from govcloud.provider.kinds.security import (
    QoSBandwidthLimitRule,
    QoSDscpMarkingRule,
    QoSPolicy,
    RBACPolicy,
    SecurityGroup,
    SecurityGroupRule,
)
from govcloud.provider.kinds.server import Server, ServerGroup

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Project(),
        User(),
        RoleAssignment(),
        ComputeQuota(),
        NetworkQuota(),
        Network(),
        Subnet(),
        Router(),
        RouterInterface(),
        RouterRoute(),
        Port(),
        SecurityGroup(),
        SecurityGroupRule(),
        AddressGroup(),
        FloatingIP(),
        RBACPolicy(),
        QoSPolicy(),
        QoSBandwidthLimitRule(),
        QoSDscpMarkingRule(),
        Flavor(),
        Keypair(),
        Image(),
        ServerGroup(),
        Server(),
    )
}
