"""`python -m govcloud.lab.catalogue PLANE INDEX`: the services' accounts and catalogue entries."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from keystoneauth1.adapter import Adapter
from openstack.exceptions import raise_from_response

from govcloud.lab.access import administrator
from govcloud.lab.clouds import LabCloud
from govcloud.lab.configuration import SERVICE_USERS, Secrets
from govcloud.lab.layout import Layout

if TYPE_CHECKING:
    from openstack.connection import Connection

# name, type in the catalogue, port and path
_SERVICES = (
    ("placement", "placement", ":8778"),
    ("glance", "image", ":9292"),
    ("nova", "compute", ":8774/v2.1"),
    ("neutron", "network", ":9696"),
)


def fill(cloud: LabCloud, connection: Connection, private: Secrets) -> None:
    """Create one account per service, with the roles `admin` and `service`, and the catalogue entries."""
    identity = connection.identity
    project = _create(identity, "project", name="service", domain_id="default")
    roles = [
        role["id"] for role in identity.get("/roles").json()["roles"] if role["name"] in ("admin", "service")
    ]

    def account(name: str) -> None:
        user = _create(identity, "user", name=name, password=private.accounts[name], domain_id="default")
        for role in roles:
            raise_from_response(identity.put(f"/projects/{project}/users/{user}/roles/{role}"))

    def entry(name: str, kind: str, place: str) -> None:
        service = _create(identity, "service", name=name, type=kind)
        where = {"service_id": service, "url": f"http://{cloud.address}{place}", "region_id": "RegionOne"}
        for interface in ("public", "internal"):
            _create(identity, "endpoint", interface=interface, **where)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(account, SERVICE_USERS))
        list(pool.map(lambda service: entry(*service), _SERVICES))


def _create(identity: Adapter, kind: str, **fields: str) -> str:
    """Create an object of Keystone's and return its id."""
    answer = identity.post(f"/{kind}s", json={kind: fields})
    raise_from_response(answer)
    return str(answer.json()[kind]["id"])


if __name__ == "__main__":
    _cloud = LabCloud(sys.argv[1], int(sys.argv[2]))
    _private = Secrets.load(Layout.of(_cloud).secrets)
    fill(_cloud, administrator(_cloud, _private), _private)
