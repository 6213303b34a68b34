"""Projects, users, roles and quotas: Keystone's API v3, and the quotas of Nova and Neutron."""

from __future__ import annotations

from collections.abc import Sequence

from govcloud.errors import ToolkitError
from govcloud.provider.cloud import Cloud
from govcloud.provider.cloud_error import CloudError
from govcloud.provider.kind import Consequence, Field, Kind, Marker, Raw, Resolved, required
from govcloud.provider.snapshot import Snapshot

DOMAIN = "default"
"""The one domain that a plane's cloud uses."""


class Project(Kind):
    """A project: `projects`. Its name is unique in the domain."""

    name = "project"
    service = "identity"
    path = "/projects"
    update_method = "PATCH"
    natural_key = ("name",)
    fields = (
        Field("name", required=True),
        Field("enabled", default=True, costs=Consequence.INTERRUPTS),
    )
    delete_costs = Consequence.DESTROYS_DATA
    ignored = {"tags": "what a project is stands in the inventory", "options": "none in use"}

    def owner(self, raw: Raw) -> str | None:
        """A project belongs to no project."""
        return None

    def body(self, values: Resolved) -> Raw:
        """In the plane's domain."""
        return super().body(values) | {"domain_id": DOMAIN}


class User(Kind):
    """A user: `users`. The password is written, never read."""

    name = "user"
    service = "identity"
    path = "/users"
    update_method = "PATCH"
    natural_key = ("name",)
    fields = (
        Field("name", required=True),
        Field("password", write_only=True, costs=Consequence.INTERRUPTS),
        Field("default_project", "default_project_id", ("project",)),
        Field("enabled", default=True, costs=Consequence.INTERRUPTS),
    )
    delete_costs = Consequence.INTERRUPTS
    ignored = {"email": "people are not in the inventory", "options": "password rules are Keystone's own"}

    def owner(self, raw: Raw) -> str | None:
        """A user belongs to no project."""
        return None

    def body(self, values: Resolved) -> Raw:
        """In the plane's domain."""
        return super().body(values) | {"domain_id": DOMAIN}


class RoleAssignment(Kind):
    """A role that a user has on a project: the tuple is its identity."""

    name = "role_assignment"
    service = "identity"
    path = "/role_assignments"
    marked_by = Marker.NONE
    natural_key = ("project", "user", "role")
    repeatable = True
    fields = (
        required("project", refers_to=("project",)),
        required("user", refers_to=("user",)),
        required("role"),
    )
    delete_costs = Consequence.INTERRUPTS

    def list(self, snapshot: Snapshot) -> Sequence[Raw]:
        """Every direct assignment of a user on a project, with the role's name."""
        names = {role["id"]: role["name"] for role in snapshot.collection("identity", "/roles")}
        return [
            {
                "project": entry["scope"]["project"]["id"],
                "user": entry["user"]["id"],
                "role": names[entry["role"]["id"]],
                "role_id": entry["role"]["id"],
            }
            for entry in snapshot.collection("identity", "/role_assignments")
            if "user" in entry and "project" in entry["scope"]
        ]

    def identity(self, raw: Raw) -> str:
        """`project/user/role`."""
        return f"{raw['project']}/{raw['user']}/{raw['role']}"

    def project(self, raw: Raw) -> Resolved:
        """The tuple itself."""
        return {name: raw[name] for name in self.natural_key}

    def owner(self, raw: Raw) -> str | None:
        """The project on which the role is held."""
        return str(raw["project"])

    def read(self, cloud: Cloud, identifier: str) -> Raw | None:
        """The assignment, by asking for its very tuple."""
        project, user, role = identifier.split("/")
        path = f"/projects/{project}/users/{user}/roles"
        answer = cloud.get("identity", path, absent_ok=True)
        held = any(entry["name"] == role for entry in (answer or {"roles": []})["roles"])
        return {"project": project, "user": user, "role": role} if held else None

    def create(self, cloud: Cloud, values: Resolved, marker: str) -> Raw:
        """Give the role; giving it twice is giving it once."""
        raw = {name: values[name] for name in self.natural_key}
        cloud.send("identity", "PUT", self._path(cloud, raw), None)
        return raw

    def delete(self, cloud: Cloud, identifier: str) -> None:
        """Take the role away."""
        project, user, role = identifier.split("/")
        path = self._path(cloud, {"project": project, "user": user, "role": role})
        cloud.delete("identity", path)

    def _path(self, cloud: Cloud, raw: Raw) -> str:
        roles = list(cloud.pages("identity", "/roles", "roles", f"name={raw['role']}"))
        if len(roles) != 1:
            raise ToolkitError(
                f"the cloud has no role {raw['role']!r}", f"cloud {cloud.name}", "name a role that it has"
            )
        return f"/projects/{raw['project']}/users/{raw['user']}/roles/{roles[0]['id']}"


class Quota(Kind):
    """A project's quota in one service: there is one for each project, always."""

    marked_by = Marker.NONE
    natural_key = ("project",)
    repeatable = True

    def identity(self, raw: Raw) -> str:
        """The project's id."""
        return str(raw["project"])

    def owner(self, raw: Raw) -> str | None:
        """The project whose quota it is."""
        return str(raw["project"])

    def body(self, values: Resolved) -> Raw:
        """The limits alone; the project stands in the path."""
        return {k: v for k, v in super().body(values).items() if k != "project"}

    def create(self, cloud: Cloud, values: Resolved, marker: str) -> Raw:
        """Set the limits."""
        body = {self.wrapper: self.body(values)}
        cloud.send(self.service, "PUT", f"{self.path}/{values['project']}", body)
        return dict(values)

    def update(self, cloud: Cloud, identifier: str, changed: Resolved, raw: Raw) -> None:
        """Set the changed limits."""
        body = {self.wrapper: self.body(changed)}
        cloud.send(self.service, "PUT", f"{self.path}/{identifier}", body)

    def read(self, cloud: Cloud, identifier: str) -> Raw | None:
        """The project's limits."""
        answer = cloud.get(self.service, f"{self.path}/{identifier}", absent_ok=True)
        return None if answer is None else {"project": identifier, **answer[self.wrapper]}


class ComputeQuota(Quota):
    """Limits of Nova: `os-quota-sets`. Nova cannot list them, so each is asked for by its project."""

    name = "compute_quota"
    service = "compute"
    path = "/os-quota-sets"
    singular = "quota_set"
    listed = False
    fields = (
        required("project", refers_to=("project",)),
        Field("cores"),
        Field("instances"),
        Field("ram"),
    )

    def read(self, cloud: Cloud, identifier: str) -> Raw | None:
        """The project's limits; None where it has gone, which Nova calls a bad request."""
        try:
            return super().read(cloud, identifier)
        except CloudError as error:
            if error.status != 400 or cloud.get("identity", f"/projects/{identifier}", absent_ok=True):
                raise
            return None


class NetworkQuota(Quota):
    """Limits of Neutron: `quotas`. Its list holds those that differ from the default."""

    name = "network_quota"
    path = "/quotas"
    singular = "quota"
    fields = (
        required("project", refers_to=("project",)),
        Field("network"),
        Field("subnet"),
        Field("port"),
        Field("router"),
        Field("floatingip"),
        Field("security_group"),
        Field("security_group_rule"),
    )

    def list(self, snapshot: Snapshot) -> Sequence[Raw]:
        """The quotas that have been set."""
        return [
            {**raw, "project": raw.get("project_id") or raw["tenant_id"]} for raw in super().list(snapshot)
        ]
