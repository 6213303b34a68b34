"""Images: Glance's API v2."""

from __future__ import annotations

import hashlib
import time
import uuid
from pathlib import Path

from govcloud.errors import ToolkitError
from govcloud.provider.cloud import Cloud
from govcloud.provider.cloud_error import CloudError
from govcloud.provider.kind import Change, Field, Kind, Marker, Raw, Resolved, required
from govcloud.provider.kinds.compute import OURS
from govcloud.provider.snapshot import Snapshot

MARK = "govcloud_marker"
SOURCE = "govcloud_source"
LIVES = 1000
PATIENCE = 600
"""Seconds that Glance may take to make an image active."""
PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
BUILT_IN = frozenset(
    {
        "id",
        "name",
        "status",
        "visibility",
        "size",
        "virtual_size",
        "checksum",
        "os_hash_algo",
        "os_hash_value",
        "container_format",
        "disk_format",
        "min_disk",
        "min_ram",
        "owner",
        "protected",
        "tags",
        "created_at",
        "updated_at",
        "file",
        "schema",
        "self",
        "locations",
        "direct_url",
        "os_hidden",
        "stores",
    }
)
"""What Glance itself says of an image; everything else is a property."""


class Image(Kind):
    """An image and its bytes. Its id is derived from its marker, so that a copy is refused."""

    name = "image"
    service = "image"
    path = "/images"
    marked_by = Marker.PROPERTY
    fields = (
        Field("name", required=True),
        required("source", change=Change.CREATE_FIRST),
        Field("disk_format", change=Change.CREATE_FIRST, default="raw"),
        Field("container_format", change=Change.CREATE_FIRST, default="bare"),
        Field("min_disk", default=0),
        Field("min_ram", default=0),
        Field("visibility", default="public"),
        Field("properties", default={}),
    )
    ignored = {"protected": "deletion is guarded by the plan", "tags": "not used", "os_hidden": "not used"}

    def list(self, snapshot: Snapshot) -> list[Raw]:
        """Images of every project and visibility."""
        return snapshot.once(
            "image:/images",
            lambda: list(snapshot.cloud.pages("image", self.path, "images", "visibility=all&limit=500")),
        )

    def owner(self, raw: Raw) -> str | None:
        """Images are the plane's, whichever project uploaded them."""
        return None

    def marker(self, raw: Raw) -> str:
        """A property."""
        return str(raw.get(MARK, ""))

    def project(self, raw: Raw) -> Resolved:
        """Attributes, and all other properties as `properties`."""
        values = {field.name: raw.get(field.key) for field in self.fields}
        own = {k: v for k, v in raw.items() if k not in BUILT_IN and k not in (MARK, SOURCE)}
        return values | {"source": raw.get(SOURCE), "properties": own}

    def read(self, cloud: Cloud, identifier: str) -> Raw | None:
        """One image."""
        answer = cloud.get("image", f"{self.path}/{identifier}", absent_ok=True)
        return None if answer is None else dict(answer)

    def create(self, cloud: Cloud, values: Resolved, marker: str) -> Raw:
        """Register it, then send its bytes and see that what arrived is what was sent."""
        self._file(cloud, values["source"])  # Nothing is registered of which the bytes are not at hand.
        body = {k: v for k, v in self.body(values).items() if k not in ("source", "properties")}
        own = values.get("properties") or {}
        raw = self._register(cloud, {**body, **own, MARK: marker, SOURCE: values["source"]}, marker)
        self.complete(cloud, raw)
        return raw

    def _register(self, cloud: Cloud, request: Raw, marker: str) -> Raw:
        """Register under an id that follows from the marker: a second copy of a live image is refused.

        Glance never forgets the id of an image that was deleted, so each life has the next id in line.
        """
        for life in range(LIVES):
            identifier = str(uuid.uuid5(OURS, f"{marker}/{life}"))
            try:
                return dict(cloud.post("image", self.path, {**request, "id": identifier}))
            except CloudError as error:
                if error.status != 409 or self.read(cloud, identifier) is not None:
                    raise
        raise ToolkitError(
            f"image {request['name']} has been deleted {LIVES} times",
            f"cloud {cloud.name}",
            "purge Glance's deleted images (`glance-manage db purge`)",
        )

    def complete(self, cloud: Cloud, raw: Raw) -> None:
        """Send the bytes of an image that a killed run left without them.

        Its upload may still be under way (`saving`): Glance takes no second one until it has noticed that the
        first has broken off, and then holds the image `queued` again.
        """
        source = self._file(cloud, raw[SOURCE])
        deadline = time.monotonic() + PATIENCE
        while raw["status"] != "active":
            if raw["status"] not in ("queued", "saving") or time.monotonic() > deadline:
                raise ToolkitError(
                    f"image {raw['name']} stays `{raw['status']}`",
                    f"cloud {cloud.name}",
                    "see Glance's log, delete the image and apply again",
                )
            raw = self._go_on(cloud, raw, source)
        self._demand_same(cloud, raw, source)

    def _go_on(self, cloud: Cloud, raw: Raw, source: Path) -> Raw:
        """Send the bytes where Glance waits for them, else wait; the image as it is then."""
        if raw["status"] != "queued":
            time.sleep(1)
        else:
            try:
                cloud.upload(f"{self.path}/{raw['id']}/file", source)
            except CloudError as error:
                if error.status != 409:
                    raise
                time.sleep(1)
        return dict(cloud.get("image", f"{self.path}/{raw['id']}"))

    def _demand_same(self, cloud: Cloud, raw: Raw, source: Path) -> None:
        """Compare Glance's hash with the file's."""
        with source.open("rb") as stream:
            expected = hashlib.file_digest(stream, raw.get("os_hash_algo") or "sha512").hexdigest()
        if raw.get("os_hash_value") != expected:
            raise ToolkitError(
                f"image {raw['name']} arrived with another hash than {source.name} has",
                f"cloud {cloud.name}",
                "delete the image and apply again",
            )

    def update(self, cloud: Cloud, identifier: str, changed: Resolved, raw: Raw) -> None:
        """A JSON patch over what differs."""
        wanted = {k: v for k, v in changed.items() if k not in ("properties", "marker")}
        wanted |= {MARK: changed["marker"]} if "marker" in changed else {}
        gone: set[str] = set()
        if "properties" in changed:
            wanted |= changed["properties"]
            gone = set(self.project(raw)["properties"]) - set(changed["properties"])
        patch = [
            {"op": "replace" if key in raw else "add", "path": f"/{key}", "value": value}
            for key, value in wanted.items()
        ] + [{"op": "remove", "path": f"/{key}"} for key in sorted(gone)]
        cloud.send("image", "PATCH", f"{self.path}/{identifier}", patch, headers=PATCH)

    def _file(self, cloud: Cloud, source: str) -> Path:
        path = cloud.image_files.get(source)
        if path is None or not path.is_file():
            raise ToolkitError(
                f"there is no file for the image source {source!r}",
                f"cloud {cloud.name}",
                "bring up the lab, which builds it, or name the file in the plane's `images`",
            )
        return path
