"""Flavors and keypairs: Nova's API v2.1, microversion 2.93."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from govcloud.provider.cloud import Cloud
from govcloud.provider.kind import Change, Field, Kind, Marker, Raw, Resolved, required
from govcloud.provider.snapshot import Snapshot

OURS = uuid.UUID("9a2f6c0e-6d0b-5f6e-9d8e-2f4b1c3a7e55")
"""The name space in which ids are derived from markers, where the client may choose the id."""


class Flavor(Kind):
    """A machine size: `flavors`. Its id is derived from its marker, so that a copy is refused."""

    name = "flavor"
    service = "compute"
    path = "/flavors"
    natural_key = ("name",)
    fields = (
        required("name"),
        required("vcpus"),
        required("ram"),
        required("disk"),
        Field("is_public", "os-flavor-access:is_public", change=Change.DELETE_FIRST, default=True),
        Field("extra_specs", default={}),
    )
    ignored = {"swap": "none", "rxtx_factor": "deprecated", "OS-FLV-EXT-DATA:ephemeral": "none"}

    def owner(self, raw: Raw) -> str | None:
        """A flavor belongs to no project."""
        return None

    def body(self, values: Resolved) -> Raw:
        """Without extra specs, which take a call of their own."""
        return {k: v for k, v in super().body(values).items() if k != "extra_specs"}

    def create(self, cloud: Cloud, values: Resolved, marker: str) -> Raw:
        """Create under the id that the marker gives, then set the extra specs."""
        body = self.body(values) | {"id": str(uuid.uuid5(OURS, marker)), "description": marker}
        raw = dict(cloud.post("compute", self.path, {"flavor": body})["flavor"])
        if values.get("extra_specs"):
            self._specs(cloud, raw["id"], values["extra_specs"], {})
        return raw | {"extra_specs": values.get("extra_specs") or {}}

    def update(self, cloud: Cloud, identifier: str, changed: Resolved, raw: Raw) -> None:
        """Extra specs one by one; the marker through the description."""
        if "marker" in changed:
            body = {"flavor": {"description": changed["marker"]}}
            cloud.send("compute", "PUT", f"{self.path}/{identifier}", body)
        if "extra_specs" in changed:
            self._specs(cloud, identifier, changed["extra_specs"], raw.get("extra_specs") or {})

    def _specs(self, cloud: Cloud, identifier: str, wanted: dict[str, str], present: dict[str, str]) -> None:
        path = f"{self.path}/{identifier}/os-extra_specs"
        if wanted:
            cloud.send("compute", "POST", path, {"extra_specs": wanted})
        for key in sorted(set(present) - set(wanted)):
            cloud.delete("compute", f"{path}/{key}")


class Keypair(Kind):
    """An SSH public key of the account that provisions: `os-keypairs`."""

    name = "keypair"
    service = "compute"
    path = "/os-keypairs"
    marked_by = Marker.NONE
    natural_key = ("name",)
    identity_field = "name"
    fields = (required("name"), required("public_key"))

    def list(self, snapshot: Snapshot) -> Sequence[Raw]:
        """The account's keys, out of the wrapper that each has."""
        return snapshot.once(
            "compute:keypairs",
            lambda: [w["keypair"] for w in snapshot.cloud.pages("compute", self.path, "keypairs")],
        )

    def identity(self, raw: Raw) -> str:
        """The key's name."""
        return str(raw["name"])

    def owner(self, raw: Raw) -> str | None:
        """A key belongs to a user."""
        return None

    def create(self, cloud: Cloud, values: Resolved, marker: str) -> Raw:
        """Import the public key."""
        body = {"keypair": {**self.body(values), "type": "ssh"}}
        return dict(cloud.post("compute", self.path, body)["keypair"])
