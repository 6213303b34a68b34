"""Plain openstacksdk calls, side by side, layer by layer: what the bench measures against without the peer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openstack.config
from _hcl import COMMON, TYPES
from openstack.connection import Connection

from govcloud.stacks import Resource, Stack

LAYERS = (
    ("project",),
    ("network", "router", "security_group"),
    ("subnet", "security_group_rule"),
    ("router_interface",),
)
SDK_NAMES = {
    "tenant_id": "project_id",
    "allocation_pool": "allocation_pools",
    "enable_dhcp": "is_dhcp_enabled",
}
Make = Callable[[Connection, dict[str, Any]], Any]
MAKERS: Mapping[str, Make] = {
    "project": lambda c, v: c.identity.create_project(name=v["name"], is_enabled=v["enabled"]),
    "network": lambda c, v: c.network.create_network(**v),
    "subnet": lambda c, v: c.network.create_subnet(ip_version=4, **v),
    "router": lambda c, v: c.network.create_router(**v),
    "router_interface": lambda c, v: c.network.add_interface_to_router(
        v["router_id"], subnet_id=v["subnet_id"]
    ),
    "security_group": lambda c, v: c.network.create_security_group(**v),
    "security_group_rule": lambda c, v: c.network.create_security_group_rule(**v),
}


@dataclass(frozen=True)
class Plain:
    """`parallelism` threads, each with one call under way."""

    parallelism: int

    def apply(self, stacks: tuple[Stack, ...], plane: str, clouds_file: Path, work: Path) -> None:
        """Create everything; the first call that fails raises."""
        loader = openstack.config.OpenStackConfig(config_files=[str(clouds_file)], load_envvars=False)
        connection = Connection(config=loader.get_one(cloud=plane))
        everything = [(stack.address(r.name), r) for stack in stacks for r in stack.resources]
        made: dict[str, str] = {}

        def create(address: str, resource: Resource) -> None:
            found = MAKERS[resource.kind](connection, _values(resource, made))
            made[address] = found["id"]

        with ThreadPoolExecutor(self.parallelism) as pool:
            for layer in LAYERS:
                list(pool.map(lambda one: create(*one), [one for one in everything if one[1].kind in layer]))


def _values(resource: Resource, made: Mapping[str, str]) -> dict[str, Any]:
    names = {**COMMON, **TYPES[resource.kind][1]}
    values = {names[key]: value for key, value in resource.properties.items()}
    return {
        SDK_NAMES.get(key, key): made.get(value, value) if isinstance(value, str) else value
        for key, value in values.items()
    }
