"""Servers and the groups that place them: Nova's API v2.1, microversion 2.93."""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence

from govcloud.errors import ToolkitError
from govcloud.provider.cloud import Cloud
from govcloud.provider.kind import Change, Consequence, Field, Kind, Marker, Raw, Resolved, required
from govcloud.provider.snapshot import Snapshot

MARK = "govcloud"
"""The metadata key that carries a server's marker."""
PATIENCE = 600
"""Seconds that a server may take to become ACTIVE or to go."""


class ServerGroup(Kind):
    """A placement rule: `os-server-groups`. Only its name can carry the marker, and it never changes."""

    name = "server_group"
    service = "compute"
    path = "/os-server-groups"
    marked_by = Marker.NAME
    marker_updatable = False
    fields = (
        required("name"),
        required("policy"),
        required("project", refers_to=("project",)),
    )

    def list(self, snapshot: Snapshot) -> Sequence[Raw]:
        """The groups of all projects; this list pages by offset and gives no links."""
        return _server_groups(snapshot)

    def marker(self, raw: Raw) -> str:
        """The last word of the name."""
        return str(raw["name"]).rpartition(" ")[2]

    def project(self, raw: Raw) -> Resolved:
        """The name without the marker."""
        return {
            "name": str(raw["name"]).rpartition(" ")[0] or raw["name"],
            "policy": raw["policy"],
            "project": raw["project_id"],
        }

    def create(self, cloud: Cloud, values: Resolved, marker: str) -> Raw:
        """Create it in its project, the marker behind the name."""
        body = {"server_group": {"name": f"{values['name']} {marker}", "policy": values["policy"]}}
        answer = cloud.post("compute", self.path, body, project=values["project"])
        return dict(answer["server_group"])


def _server_groups(snapshot: Snapshot) -> Sequence[Raw]:
    def fetch() -> list[Raw]:
        found: list[Raw] = []
        while True:
            query = f"/os-server-groups?all_projects=True&limit=500&offset={len(found)}"
            page = snapshot.cloud.get("compute", query)["server_groups"]
            found += page
            if len(page) < 500:
                return found

    return snapshot.once("compute:server_groups", fetch)


class Server(Kind):
    """A machine: `servers`. Its ports are declared apart, so that its addresses outlive it."""

    name = "server"
    service = "compute"
    path = "/servers"
    marked_by = Marker.METADATA
    fields = (
        Field("name", required=True),
        required("project", api="tenant_id", refers_to=("project",), costs=Consequence.DESTROYS_DATA),
        required("flavor", refers_to=("flavor",), costs=Consequence.DESTROYS_DATA),
        required("image", refers_to=("image",), costs=Consequence.DESTROYS_DATA),
        required("ports", refers_to=("port",), costs=Consequence.DESTROYS_DATA, order_matters=True),
        Field("keypair", "key_name", ("keypair",), Change.DELETE_FIRST, Consequence.DESTROYS_DATA),
        Field("availability_zone", change=Change.DELETE_FIRST, costs=Consequence.DESTROYS_DATA),
        Field("server_group", "", ("server_group",), Change.DELETE_FIRST, Consequence.DESTROYS_DATA),
        Field("metadata", default={}),
        Field("user_data", change=Change.DELETE_FIRST, costs=Consequence.DESTROYS_DATA),
    )
    delete_costs = Consequence.DESTROYS_DATA
    ignored = {"config_drive": "metadata service only", "hostname": "follows the name", "tags": "not used"}

    def list(self, snapshot: Snapshot) -> Sequence[Raw]:
        """All projects' servers, with the flavor ids, groups and ports that Nova's list does not tell."""
        groups = {member: group["id"] for group in _server_groups(snapshot) for member in group["members"]}
        flavors = {f["name"]: f["id"] for f in snapshot.collection("compute", "/flavors")}
        ports: dict[str, list[str]] = {}
        for port in snapshot.collection("network", "/ports"):
            ports.setdefault(port["device_id"], []).append(port["id"])
        servers = snapshot.collection("compute", "/servers")
        return [
            server
            | {
                "flavor_id": flavors.get(server["flavor"]["original_name"]),
                "port_ids": ports.get(server["id"], []),
                "server_groups": [groups[server["id"]]] if server["id"] in groups else [],
            }
            for server in servers
        ]

    def marker(self, raw: Raw) -> str:
        """From the metadata; the description repeats it for people."""
        return str(raw.get("metadata", {}).get(MARK, ""))

    def project(self, raw: Raw) -> Resolved:
        """The declared fields as Nova and Neutron tell them."""
        data = raw.get("OS-EXT-SRV-ATTR:user_data")
        return {
            "name": raw["name"],
            "project": raw["tenant_id"],
            "flavor": raw["flavor_id"],
            "image": (raw.get("image") or {}).get("id"),
            "ports": raw["port_ids"],
            "keypair": raw.get("key_name"),
            "availability_zone": raw.get("OS-EXT-AZ:availability_zone"),
            "server_group": (raw.get("server_groups") or [None])[0],
            "metadata": {k: v for k, v in raw.get("metadata", {}).items() if k != MARK},
            "user_data": base64.b64decode(data).decode() if data else None,
        }

    def read(self, cloud: Cloud, identifier: str) -> Raw | None:
        """One server, completed like the list's."""
        answer = cloud.get("compute", f"/servers/{identifier}", absent_ok=True)
        if answer is None:
            return None
        server = dict(answer["server"])
        flavors = cloud.pages("compute", "/flavors/detail", "flavors", "is_public=None")
        by_name = {flavor["name"]: flavor["id"] for flavor in flavors}
        ports = cloud.pages("network", "/ports", "ports", f"device_id={identifier}")
        server["flavor_id"] = by_name.get(server["flavor"]["original_name"])
        return server | {"port_ids": [port["id"] for port in ports]}

    def create(self, cloud: Cloud, values: Resolved, marker: str) -> Raw:
        """Create in the server's own project, then wait until it is ACTIVE."""
        body: Raw = {
            "name": values["name"],
            "flavorRef": values["flavor"],
            "imageRef": values["image"],
            "networks": [{"port": port} for port in values["ports"]],
            "metadata": {**values.get("metadata", {}), MARK: marker},
            "description": marker,
        }
        for field, key in (("keypair", "key_name"), ("availability_zone", "availability_zone")):
            if values.get(field):
                body[key] = values[field]
        if values.get("user_data"):
            body["user_data"] = base64.b64encode(values["user_data"].encode()).decode()
        request: Raw = {"server": body}
        if values.get("server_group"):
            request["os:scheduler_hints"] = {"group": values["server_group"]}
        answer = cloud.post("compute", self.path, request, project=values["project"])
        self._await_active(cloud, str(answer["server"]["id"]), values["name"])
        return {"id": answer["server"]["id"], **_as_listed(values, marker)}

    def unusable(self, raw: Raw) -> bool:
        """A server in ERROR is built again."""
        return bool(raw["status"] == "ERROR")

    def unfinished(self, raw: Raw) -> bool:
        """A server that is being built has no ports yet."""
        return bool(raw.get("status") == "BUILD")

    def complete(self, cloud: Cloud, raw: Raw) -> None:
        """Wait for a server that was still being built."""
        self._await_active(cloud, raw["id"], raw["name"])

    def _await_active(self, cloud: Cloud, identifier: str, name: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            server = cloud.get("compute", f"/servers/{identifier}")["server"]
            if server["status"] == "ACTIVE":
                return
            if server["status"] == "ERROR" or time.monotonic() > deadline:
                fault = (server.get("fault") or {}).get("message", f"status {server['status']}")
                raise ToolkitError(
                    f"server {name} did not become ACTIVE: {fault}",
                    f"cloud {cloud.name}",
                    "see Nova's log; the next apply takes the server away and builds it again",
                )
            time.sleep(1)

    def update(self, cloud: Cloud, identifier: str, changed: Resolved, raw: Raw) -> None:
        """Name and marker through the server, metadata as one set."""
        body: Raw = {"name": changed["name"]} if "name" in changed else {}
        if "marker" in changed:
            body["description"] = changed["marker"]
        if body:
            cloud.send("compute", "PUT", f"/servers/{identifier}", {"server": body})
        if "metadata" in changed or "marker" in changed:
            metadata: Raw = changed["metadata"] if "metadata" in changed else self.project(raw)["metadata"]
            marker = changed.get("marker") or self.marker(raw)
            body = {"metadata": {**metadata, MARK: marker}}
            cloud.send("compute", "PUT", f"/servers/{identifier}/metadata", body)

    def delete(self, cloud: Cloud, identifier: str) -> None:
        """Delete and wait until it is gone, because its ports are free only then."""
        super().delete(cloud, identifier)
        deadline = time.monotonic() + PATIENCE
        while cloud.get("compute", f"/servers/{identifier}", absent_ok=True) is not None:
            if time.monotonic() > deadline:
                raise ToolkitError(
                    f"server {identifier} does not go away", f"cloud {cloud.name}", "see Nova's log"
                )
            time.sleep(1)


def _as_listed(values: Resolved, marker: str) -> Raw:
    """A server just created, in the shape of the list."""
    data = values.get("user_data")
    return {
        "name": values["name"],
        "tenant_id": values["project"],
        "flavor_id": values["flavor"],
        "image": {"id": values["image"]},
        "port_ids": list(values["ports"]),
        "key_name": values.get("keypair"),
        "OS-EXT-AZ:availability_zone": values.get("availability_zone"),
        "server_groups": [values["server_group"]] if values.get("server_group") else [],
        "metadata": {**values.get("metadata", {}), MARK: marker},
        "OS-EXT-SRV-ATTR:user_data": base64.b64encode(data.encode()).decode() if data else None,
    }
