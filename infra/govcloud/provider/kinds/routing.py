"""Routers, what hangs on them, and floating addresses: Neutron's `routers` and `floatingips`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from govcloud.provider.cloud import Cloud
from govcloud.provider.cloud_error import CloudError
from govcloud.provider.kind import Change, Consequence, Field, Kind, Marker, Raw, Resolved, required
from govcloud.provider.kinds.network import PROJECT
from govcloud.provider.snapshot import Snapshot

INTERFACE_OWNERS = frozenset({"network:router_interface", "network:router_interface_distributed"})


class Router(Kind):
    """A router; with `external_network` it is a way out of the plane."""

    name = "router"
    path = "/routers"
    fields = (
        Field("name", required=True),
        Field("project", "project_id", ("project",), Change.CREATE_FIRST, required=True),
        Field("admin_state_up", default=True, costs=Consequence.INTERRUPTS),
        Field("external_network", refers_to=("network",), costs=Consequence.INTERRUPTS),
        Field("external_fixed_ip", costs=Consequence.INTERRUPTS),
        Field("enable_snat", costs=Consequence.INTERRUPTS),
    )
    delete_costs = Consequence.INTERRUPTS
    ignored = {
        "routes": "each route is a router_route",
        "distributed": "fixed by the back end",
        "ha": "fixed by the back end",
    }

    def project(self, raw: Raw) -> Resolved:
        """The gateway's parts as fields."""
        gateway = raw.get("external_gateway_info") or {}
        addresses = gateway.get("external_fixed_ips") or []
        return {
            "name": raw["name"],
            "project": raw["project_id"],
            "admin_state_up": raw["admin_state_up"],
            "external_network": gateway.get("network_id"),
            "external_fixed_ip": addresses[0]["ip_address"] if addresses else None,
            "enable_snat": gateway.get("enable_snat"),
        }

    def body(self, values: Resolved) -> Raw:
        """The gateway's parts go into one attribute."""
        return self._gateway(
            {k: v for k, v in super().body(values).items() if k in ("name", "project_id", "admin_state_up")},
            values,
        )

    def nullable_body(self, values: Resolved) -> Raw:
        """The gateway's parts go into one attribute."""
        return self.body(values)

    def _gateway(self, body: Raw, values: Resolved) -> Raw:
        if values.get("external_network"):
            gateway: Raw = {"network_id": values["external_network"]}
            if values.get("enable_snat") is not None:
                gateway["enable_snat"] = values["enable_snat"]
            if values.get("external_fixed_ip"):
                gateway["external_fixed_ips"] = [{"ip_address": values["external_fixed_ip"]}]
            body["external_gateway_info"] = gateway
        return body

    def update(self, cloud: Cloud, identifier: str, changed: Resolved, raw: Raw) -> None:
        """A gateway is written whole: what did not change is taken from the router as it stands."""
        parts = ("external_network", "external_fixed_ip", "enable_snat")
        values = dict(changed)
        if any(part in changed for part in parts):
            live = self.project(raw)
            values = {part: live[part] for part in parts} | values
        super().update(cloud, identifier, values, raw)


class RouterInterface(Kind):
    """A router's leg in a subnet, at the subnet's gateway address or at one of its own.

    Neutron keeps a leg as a port and deletes that port with it, so the port is the leg's own affair and is
    declared nowhere else.
    """

    name = "router_interface"
    path = "/ports"
    marked_by = Marker.NONE
    natural_key = ("router", "subnet")
    part_of = ("subnet",)
    fields = (
        required("router", refers_to=("router",)),
        required("subnet", refers_to=("subnet",)),
        Field("address", change=Change.DELETE_FIRST),
    )
    delete_costs = Consequence.INTERRUPTS

    def list(self, snapshot: Snapshot) -> Sequence[Raw]:
        """The legs of every router, from the ports that routers hold."""
        return _legs(snapshot.collection("network", "/ports"))

    def identity(self, raw: Raw) -> str:
        """`router/subnet`."""
        return f"{raw['router']}/{raw['subnet']}"

    def read(self, cloud: Cloud, identifier: str) -> Raw | None:
        """The leg, found among the router's ports."""
        router = identifier.split("/")[0]
        legs = _legs(cloud.pages("network", "/ports", "ports", f"device_id={router}"))
        return next((leg for leg in legs if self.identity(leg) == identifier), None)

    def create(self, cloud: Cloud, values: Resolved, marker: str) -> Raw:
        """Attach the subnet, or a port with the address that is asked for."""
        leg = {"subnet_id": values["subnet"]}
        if values.get("address"):
            leg = {"port_id": _port_at(cloud, values, marker)}
        path = f"/routers/{values['router']}/add_router_interface"
        answer = cloud.put("network", path, leg)
        owner = answer.get("tenant_id") or answer.get("project_id")
        return {field.name: values.get(field.name) for field in self.fields} | {"project_id": owner}

    def delete(self, cloud: Cloud, identifier: str) -> None:
        """Detach; 404 says that it is gone."""
        router, subnet = identifier.split("/")
        try:
            cloud.send("network", "PUT", f"/routers/{router}/remove_router_interface", {"subnet_id": subnet})
        except CloudError as error:
            if error.status != 404:
                raise


def _legs(ports: Iterable[Raw]) -> list[Raw]:
    return [
        {
            "router": port["device_id"],
            "subnet": ip["subnet_id"],
            "address": ip["ip_address"],
            "project_id": port["project_id"],
        }
        for port in ports
        if port["device_owner"] in INTERFACE_OWNERS
        for ip in port["fixed_ips"]
    ]


def _port_at(cloud: Cloud, values: Resolved, marker: str) -> str:
    """A free port at the leg's address: what a run killed before attaching it has left, or a new one."""
    network = cloud.get("network", f"/subnets/{values['subnet']}")["subnet"]["network_id"]
    query = f"network_id={network}&fixed_ips=ip_address%3D{values['address']}"
    for port in cloud.pages("network", "/ports", "ports", query):
        if port["description"] == marker and not port["device_owner"]:
            return str(port["id"])
    body = {
        "network_id": network,
        "project_id": cloud.get("network", f"/routers/{values['router']}")["router"]["project_id"],
        "fixed_ips": [{"subnet_id": values["subnet"], "ip_address": values["address"]}],
        "security_groups": [],
        "description": marker,
    }
    return str(cloud.post("network", "/ports", {"port": body})["port"]["id"])


class RouterRoute(Kind):
    """One static route of a router; its next hop must be reachable through an interface already."""

    name = "router_route"
    path = "/routers"
    marked_by = Marker.NONE
    natural_key = ("router", "destination", "nexthop")
    fields = (
        required("router", refers_to=("router",)),
        required("destination"),
        required("nexthop"),
    )
    delete_costs = Consequence.INTERRUPTS

    def list(self, snapshot: Snapshot) -> Sequence[Raw]:
        """The routes that every router carries."""
        return [
            {"router": router["id"], "project_id": router["project_id"], **route}
            for router in snapshot.collection("network", "/routers")
            for route in router.get("routes") or []
        ]

    def identity(self, raw: Raw) -> str:
        """`router/destination/nexthop`, the destination's slash as a dash."""
        return f"{raw['router']}/{str(raw['destination']).replace('/', '-')}/{raw['nexthop']}"

    def project(self, raw: Raw) -> Resolved:
        """The tuple itself."""
        return {name: raw[name] for name in self.natural_key}

    def read(self, cloud: Cloud, identifier: str) -> Raw | None:
        """The route, found on its router."""
        router = identifier.split("/")[0]
        answer = cloud.get("network", f"/routers/{router}", absent_ok=True)
        routes = (answer or {"router": {}})["router"].get("routes") or []
        raws = [{"router": router, **route} for route in routes]
        return next((raw for raw in raws if self.identity(raw) == identifier), None)

    def create(self, cloud: Cloud, values: Resolved, marker: str) -> Raw:
        """Add this route alone, leaving the router's others as they are."""
        route = {"destination": values["destination"], "nexthop": values["nexthop"]}
        body = {"router": {"routes": [route]}}
        cloud.send("network", "PUT", f"/routers/{values['router']}/add_extraroutes", body)
        return {"router": values["router"], **route}

    def delete(self, cloud: Cloud, identifier: str) -> None:
        """Take this route alone away; a router that is gone has taken it along."""
        router, destination, nexthop = identifier.split("/")
        route = {"destination": destination.replace("-", "/"), "nexthop": nexthop}
        try:
            body = {"router": {"routes": [route]}}
            cloud.send("network", "PUT", f"/routers/{router}/remove_extraroutes", body)
        except CloudError as error:
            if error.status != 404:
                raise


class FloatingIP(Kind):
    """A floating address, chosen by the address plan: `floatingips`."""

    name = "floating_ip"
    path = "/floatingips"
    singular = "floatingip"
    natural_key = ("network", "address")
    part_of = ("port",)
    fields = (
        PROJECT,
        required("network", api="floating_network_id", refers_to=("network",)),
        required("address", api="floating_ip_address"),
        Field("port", "port_id", ("port",), costs=Consequence.INTERRUPTS),
    )
    delete_costs = Consequence.INTERRUPTS
    ignored = {"dns_name": "no DNS integration", "qos_policy_id": "marking is the port's"}
