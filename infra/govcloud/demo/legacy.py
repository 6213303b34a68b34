"""A host of today, as the lab knows it: a guest in a network of its department's, reached by one address.

Nothing of it belongs to the site: no marker, no project of the site's, and the platform's firewall lets
nothing of it in.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from govcloud.configure.hostkeys import parse_console
from govcloud.errors import ToolkitError
from govcloud.progress import Progress
from govcloud.provider import Cloud

RANGE = "192.168.201"
"""The department's own network, which nobody else sees: a /24."""
OPEN = (22, 80, 443)
WAIT = 240.0
PAUSE = 2.0


class LegacyGuest:
    """The guest `name`, raised step by step; each step takes what stands already."""

    def __init__(self, cloud: Cloud, name: str, address: str) -> None:
        self.cloud = cloud
        self.name = name
        self.address = address

    @property
    def stands(self) -> bool:
        """Whether its server is there."""
        return bool(self._servers())

    def stand(self, flavor: str, image: str, keypair: str, zone: str) -> str:
        """Have it stand, and return its server's id; the names are those of the cloud's lists."""
        network = self._network()
        port = self._port(network, self._door())
        floating = {
            "floating_network_id": self._one("networks", "name=external")["id"],
            "floating_ip_address": self.address,
            "port_id": port["id"],
        }
        wanted = f"floating_ip_address={self.address}"
        held = self._have("floatingip", wanted, floating, key="floatingips")
        if held["port_id"] != port["id"]:
            raise ToolkitError(
                "its address is another's", f"{self.name}, {self.address}", "name an address that is free"
            )
        return self._server(flavor, image, keypair, zone, port["id"])

    def host_keys(
        self, server: str, progress: Progress, pause: Callable[[float], object] = time.sleep
    ) -> list[str]:
        """The public host keys that it shows on its console, once it has booted."""
        step = f"{self.name} boots"
        progress.step(step)
        waited = 0.0
        while waited < WAIT:
            if keys := self._shown(server):
                progress.done(step)
                return list(keys)
            pause(PAUSE)
            waited += PAUSE
        raise ToolkitError(
            f"no host keys on its console within {WAIT:.0f} s",
            self.name,
            "look with `openstack console log show`",
        )

    def fall(self) -> None:
        """Take it away with its network; nothing where it does not stand."""
        for server in self._servers():
            self.cloud.delete("compute", f"/servers/{server['id']}")
            self._gone(server["id"])
        for address in self._named(
            "network", "/floatingips", "floatingips", f"floating_ip_address={self.address}"
        ):
            self.cloud.delete("network", f"/floatingips/{address['id']}")
        subnets = self._named("network", "/subnets", "subnets", f"name={self.name}")
        for router in self._named("network", "/routers", "routers", f"name={self.name}"):
            for subnet in subnets:
                path = f"/routers/{router['id']}/remove_router_interface"
                self.cloud.send("network", "PUT", path, {"subnet_id": subnet["id"]})
            self.cloud.delete("network", f"/routers/{router['id']}")
        for path, key in (
            ("/ports", "ports"),
            ("/networks", "networks"),
            ("/security-groups", "security_groups"),
        ):
            for one in self._named("network", path, key, f"name={self.name}"):
                self.cloud.delete("network", f"{path}/{one['id']}")

    def _gone(self, server: str) -> None:
        waited = 0.0
        while self.cloud.get("compute", f"/servers/{server}", absent_ok=True) is not None:
            if waited > WAIT:
                raise ToolkitError("it does not go", self.name, "look with `openstack server show`")
            time.sleep(PAUSE)
            waited += PAUSE

    def _servers(self) -> list[dict[str, Any]]:
        return self._named("compute", "/servers/detail", "servers", f"name=^{self.name}$")

    def _named(self, service: str, path: str, key: str, query: str) -> list[dict[str, Any]]:
        return list(self.cloud.pages(service, path, key, query))

    def _shown(self, server: str) -> tuple[str, ...]:
        """The keys on its console; none before it is built. ToolkitError where it cannot be."""
        status = self.cloud.get("compute", f"/servers/{server}")["server"]["status"]
        if status == "ERROR":
            raise ToolkitError("it could not be built", self.name, "look with `openstack server show`")
        if status != "ACTIVE":
            return ()
        shown = self.cloud.post("compute", f"/servers/{server}/action", {"os-getConsoleOutput": {}})
        return parse_console(str(shown.get("output") or ""))

    def _network(self) -> dict[str, Any]:
        network = self._have("network", f"name={self.name}", {"name": self.name})
        subnet = self._have(
            "subnet",
            f"name={self.name}",
            {
                "name": self.name,
                "network_id": network["id"],
                "ip_version": 4,
                "cidr": f"{RANGE}.0/24",
                "gateway_ip": f"{RANGE}.1",
                "enable_dhcp": True,
            },
        )
        way_out = {"network_id": self._one("networks", "name=external")["id"]}
        router = self._have(
            "router", f"name={self.name}", {"name": self.name, "external_gateway_info": way_out}
        )
        ours = f"device_id={router['id']}&network_id={network['id']}"
        if not list(self.cloud.pages("network", "/ports", "ports", ours)):
            path = f"/routers/{router['id']}/add_router_interface"
            self.cloud.send("network", "PUT", path, {"subnet_id": subnet["id"]})
        return network

    def _door(self) -> str:
        group = self._have("security_group", f"name={self.name}", {"name": self.name}, "security-groups")
        held = {rule["port_range_min"] for rule in group.get("security_group_rules", ())}
        for number in OPEN:
            if number not in held:
                rule = {
                    "security_group_id": group["id"],
                    "direction": "ingress",
                    "ethertype": "IPv4",
                    "protocol": "tcp",
                    "port_range_min": number,
                    "port_range_max": number,
                }
                self.cloud.post("network", "/security-group-rules", {"security_group_rule": rule})
        return str(group["id"])

    def _port(self, network: dict[str, Any], group: str) -> dict[str, Any]:
        wanted = {"name": self.name, "network_id": network["id"], "security_groups": [group]}
        return self._have("port", f"name={self.name}", wanted)

    def _server(self, flavor: str, image: str, keypair: str, zone: str, port: str) -> str:
        if named := self._servers():
            return str(named[0]["id"])
        flavors = {one["name"]: one["id"] for one in self.cloud.pages("compute", "/flavors", "flavors")}
        images = {one["name"]: one["id"] for one in self.cloud.pages("image", "/images", "images")}
        wanted = {
            "name": self.name,
            "flavorRef": flavors[flavor],
            "imageRef": images[image],
            "key_name": keypair,
            "availability_zone": zone,
            "networks": [{"port": port}],
        }
        return str(self.cloud.post("compute", "/servers", {"server": wanted})["server"]["id"])

    def _have(
        self, what: str, query: str, wanted: dict[str, Any], path: str = "", key: str = ""
    ) -> dict[str, Any]:
        """The one object that a query finds, made where there is none."""
        key = key or f"{what}s"
        path = path or key
        found = list(self.cloud.pages("network", f"/{path}", key, query))
        if found:
            return dict(found[0])
        return dict(self.cloud.post("network", f"/{path}", {what: wanted})[what])

    def _one(self, path: str, query: str) -> dict[str, Any]:
        found = list(self.cloud.pages("network", f"/{path}", path, query))
        if len(found) != 1:
            raise ToolkitError(
                f"{len(found)} {path} where one is expected",
                f"cloud {self.cloud.name}",
                "apply the plane first",
            )
        return dict(found[0])
