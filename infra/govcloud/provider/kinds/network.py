"""Networks, subnets, ports and address groups: Neutron's API v2.0."""

from __future__ import annotations

from typing import Any

from govcloud.provider.cloud import Cloud
from govcloud.provider.cloud_error import CloudError
from govcloud.provider.kind import Change, Consequence, Field, Kind, Raw, Resolved, required

PROJECT = Field(
    "project", api="project_id", refers_to=("project",), change=Change.DELETE_FIRST, required=True
)


class Network(Kind):
    """A network: `networks`. External and shared networks are attributes of it."""

    name = "network"
    path = "/networks"
    exclusive = ("segmentation_id",)
    fields = (
        Field("name", required=True),
        Field("project", "project_id", ("project",), Change.CREATE_FIRST, required=True),
        Field("admin_state_up", costs=Consequence.INTERRUPTS, default=True),
        Field("shared", default=False),
        Field("external", "router:external", default=False, costs=Consequence.INTERRUPTS),
        Field("mtu", costs=Consequence.INTERRUPTS),
        Field("port_security_enabled", default=True),
        Field("network_type", "provider:network_type", change=Change.CREATE_FIRST),
        Field("physical_network", "provider:physical_network", change=Change.CREATE_FIRST),
        Field("segmentation_id", "provider:segmentation_id", change=Change.CREATE_FIRST),
        Field("qos_policy", "qos_policy_id", ("qos_policy",)),
    )
    delete_costs = Consequence.INTERRUPTS
    ignored = {
        "is_default": "one external network a plane; auto-allocated topologies are not used",
        "availability_zone_hints": "one zone a plane",
        "dns_domain": "names are served by the plane's own resolvers",
        "vlan_transparent": "not offered by OVN",
    }


class Subnet(Kind):
    """A subnet: `subnets`."""

    name = "subnet"
    path = "/subnets"
    natural_key = ("network", "cidr")
    part_of = ("network",)
    fields = (
        Field("name", required=True),
        PROJECT,
        required("network", api="network_id", refers_to=("network",)),
        required("cidr"),
        Field("gateway_ip", costs=Consequence.INTERRUPTS),
        Field("enable_dhcp", default=True, costs=Consequence.INTERRUPTS),
        Field("dns_nameservers", default=(), order_matters=True),
        Field("allocation_pools"),
        Field("host_routes", default=()),
    )
    delete_costs = Consequence.INTERRUPTS
    ignored = {
        "ipv6_address_mode": "the address plan is IPv4",
        "ipv6_ra_mode": "the address plan is IPv4",
        "segment_id": "no routed provider networks",
        "service_types": "one subnet a network",
        "dns_publish_fixed_ip": "no DNS integration",
    }

    def body(self, values: Resolved) -> Raw:
        """As declared; a declared absence of a gateway is sent as such."""
        body = super().body(values) | {"ip_version": 4}
        if "gateway_ip" in values:
            body["gateway_ip"] = values["gateway_ip"]
        return body


class AddressGroup(Kind):
    """A named set of prefixes that rules refer to: `address-groups`."""

    name = "address_group"
    path = "/address-groups"
    fields = (
        Field("name", required=True),
        Field("project", "project_id", ("project",), Change.CREATE_FIRST, required=True),
        Field("addresses", default=(), costs=Consequence.INTERRUPTS),
    )
    delete_costs = Consequence.INTERRUPTS

    def update(self, cloud: Cloud, identifier: str, changed: Resolved, raw: Raw) -> None:
        """Addresses change through calls of their own, which refuse what is so already.

        Neutron creates a group first and adds its addresses one by one: where the create of a killed run is
        still doing so, they are read again.
        """
        plain = {name: value for name, value in changed.items() if name != "addresses"}
        if plain:
            super().update(cloud, identifier, plain, raw)
        present = set(raw["addresses"])
        wanted = set(changed.get("addresses", present))
        while wanted != present:
            try:
                self._exchange(cloud, identifier, wanted, present)
            except CloudError as error:
                now = self.read(cloud, identifier) if error.status in (400, 404, 409) else None
                if now is None or set(now["addresses"]) == present:
                    raise
                present = set(now["addresses"])
            else:
                return

    def _exchange(self, cloud: Cloud, identifier: str, wanted: set[str], present: set[str]) -> None:
        """Added first, so that nobody is cut off between."""
        for action, difference in (
            ("add_addresses", wanted - present),
            ("remove_addresses", present - wanted),
        ):
            if difference:
                # This body alone has no wrapper: with one, Neutron 29 answers 500.
                body = {"addresses": sorted(difference)}
                cloud.send("network", "PUT", f"{self.path}/{identifier}/{action}", body)


class Port(Kind):
    """A port with addresses of the plan: `ports`."""

    name = "port"
    path = "/ports"
    fields = (
        Field("name", required=True),
        PROJECT,
        required("network", api="network_id", refers_to=("network",)),
        Field("fixed_ips", refers_to=("subnet",), costs=Consequence.INTERRUPTS, required=True),
        Field("security_groups", refers_to=("security_group",), default=(), costs=Consequence.INTERRUPTS),
        Field("port_security_enabled", default=True, costs=Consequence.INTERRUPTS),
        Field("allowed_address_pairs", default=(), costs=Consequence.INTERRUPTS),
        Field("qos_policy", "qos_policy_id", ("qos_policy",)),
        Field("admin_state_up", default=True, costs=Consequence.INTERRUPTS),
    )
    delete_costs = Consequence.INTERRUPTS
    ignored = {
        "mac_address": "given by Neutron",
        "device_id": "set by Nova when a server takes the port",
        "device_owner": "set by Nova when a server takes the port",
        "binding:*": "set by Nova when a server takes the port",
        "extra_dhcp_opts": "not used",
        "dns_name": "no DNS integration",
    }

    def project(self, raw: Raw) -> Resolved:
        """Addresses and pairs in the declaration's own shape."""
        values = super().project(raw)
        values["fixed_ips"] = [
            {"subnet": ip["subnet_id"], "ip_address": ip["ip_address"]} for ip in raw.get("fixed_ips", [])
        ]
        values["allowed_address_pairs"] = [
            {"ip_address": pair["ip_address"]} for pair in raw.get("allowed_address_pairs", [])
        ]
        return values

    def body(self, values: Resolved) -> Raw:
        """Fixed addresses name their subnet as the API does."""
        return _fixed_ips(super().body(values))

    def nullable_body(self, values: Resolved) -> Raw:
        """Fixed addresses name their subnet as the API does."""
        return _fixed_ips(super().nullable_body(values))


def _fixed_ips(body: Raw) -> Raw:
    if "fixed_ips" in body:
        body["fixed_ips"] = [_fixed_ip(ip) for ip in body["fixed_ips"]]
    return body


def _fixed_ip(declared: dict[str, Any]) -> dict[str, Any]:
    return {"subnet_id": declared["subnet"]} | {k: v for k, v in declared.items() if k != "subnet"}
