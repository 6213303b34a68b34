"""Routers, what hangs on them, and floating addresses: Neutron's `routers` and `floatingips`."""

from __future__ import annotations

from collections.abc import Sequence

from govcloud.provider.cloud import Cloud, CloudError
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
    """A router's leg in a subnet, by the subnet (its gateway address) or by a port."""

    name = "router_interface"
    path = "/ports"
    marked_by = Marker.NONE
    natural_key = ("router", "subnet", "port")
    fields = (
        required("router", refers_to=("router",)),
        Field("subnet", refers_to=("subnet",), change=Change.DELETE_FIRST),
        Field("port", refers_to=("port",), change=Change.DELETE_FIRST),
    )
    delete_costs = Consequence.INTERRUPTS

    def list(self, snapshot: Snapshot) -> Sequence[Raw]:
        """The ports that routers hold, each once by its subnet and once by itself."""
        ports = [p for p in snapshot.collection("network", "/ports") if p["device_owner"] in INTERFACE_OWNERS]
        return [shape for port in ports for shape in self._shapes(port)]

    def _shapes(self, port: Raw) -> Sequence[Raw]:
        base = {"router": port["device_id"], "subnet": None, "port": None, "project_id": port["project_id"]}
        by_subnet = [base | {"subnet": ip["subnet_id"]} for ip in port["fixed_ips"]]
        return [*by_subnet, base | {"port": port["id"]}]

    def identity(self, raw: Raw) -> str:
        """`router/subnet/ID` or `router/port/ID`."""
        leg = f"subnet/{raw['subnet']}" if raw["subnet"] else f"port/{raw['port']}"
        return f"{raw['router']}/{leg}"

    def project(self, raw: Raw) -> Resolved:
        """Router and leg."""
        return {name: raw[name] for name in self.natural_key}

    def read(self, cloud: Cloud, identifier: str) -> Raw | None:
        """The leg, found among the router's ports."""
        router = identifier.split("/")[0]
        ports = cloud.pages("network", "/ports", "ports", f"device_id={router}")
        shapes = [s for port in ports if port["device_owner"] in INTERFACE_OWNERS for s in self._shapes(port)]
        return next((shape for shape in shapes if self.identity(shape) == identifier), None)

    def create(self, cloud: Cloud, values: Resolved, marker: str) -> Raw:
        """Attach; a subnet that is attached to this very router already is done."""
        body = self._leg(values)
        answer = cloud.send(
            "network", "PUT", f"/routers/{values['router']}/add_router_interface", body
        ).json()
        return {
            "router": values["router"],
            "subnet": values.get("subnet"),
            "port": values.get("port"),
            "project_id": answer.get("tenant_id") or answer.get("project_id"),
        }

    def delete(self, cloud: Cloud, identifier: str) -> None:
        """Detach; 404 says that it is gone."""
        router, form, leg = identifier.split("/")
        try:
            cloud.send("network", "PUT", f"/routers/{router}/remove_router_interface", {f"{form}_id": leg})
        except CloudError as error:
            if error.status != 404:
                raise

    def _leg(self, values: Resolved) -> Raw:
        form = "port" if values.get("port") else "subnet"
        return {f"{form}_id": values[form]}


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
    fields = (
        PROJECT,
        required("network", api="floating_network_id", refers_to=("network",)),
        required("address", api="floating_ip_address"),
        Field("port", "port_id", ("port",), costs=Consequence.INTERRUPTS),
    )
    delete_costs = Consequence.INTERRUPTS
    ignored = {"dns_name": "no DNS integration", "qos_policy_id": "marking is the port's"}
