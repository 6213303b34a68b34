"""A cloud that is nothing but its lists, for what only reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from govcloud.provider import Declared, Session
from govcloud.provider.kind import Raw

SITE = "city"
SERVER_GROUPS = "/os-server-groups?all_projects=True&limit=500&offset=0"


class Listed:
    """Answers `pages` from its lists by path, and `get` from its documents; all else is absent."""

    name = "extranet"
    user_id = "provisioner"

    def __init__(
        self,
        lists: Mapping[str, Sequence[Raw]] | None = None,
        documents: Mapping[str, Raw] | None = None,
        image_files: Mapping[str, Path] | None = None,
    ) -> None:
        self.lists = dict(lists or {})
        self.documents = {SERVER_GROUPS: {"server_groups": []}, **(documents or {})}
        self.image_files = dict(image_files or {})
        self.asked: list[str] = []

    def pages(self, service: str, path: str, key: str, query: str = "") -> Iterator[Raw]:
        """The list of that path."""
        self.asked.append(path)
        yield from self.lists.get(path, ())

    def get(self, service: str, path: str, *, absent_ok: bool = False, project: str | None = None) -> Any:
        """The document of that path."""
        self.asked.append(path)
        return self.documents.get(path)


def session(cloud: Listed, declared: Mapping[str, Declared] | None = None) -> Session:
    """A session that looks at such a cloud."""
    return Session(SITE, cloud, declared or {})  # type: ignore[arg-type]


def network(identifier: str, marker: str = "", **more: Any) -> Raw:
    """A network as Neutron lists it."""
    return {
        "id": identifier,
        "name": "net",
        "description": marker,
        "project_id": "project-1",
        "admin_state_up": True,
        "shared": False,
        "router:external": False,
        "mtu": 1400,
        "port_security_enabled": True,
    } | more
