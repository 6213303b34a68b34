"""The administrator's way into a lab cloud: a connection, and the `clouds.yaml` that gives others one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from govcloud.lab.clouds import LabCloud
from govcloud.lab.configuration import Secrets, write_private

if TYPE_CHECKING:
    from openstack.connection import Connection


def write_clouds_file(cloud: LabCloud, private: Secrets, work: Path) -> Path:
    """Write `<work>/<plane>/clouds.yaml` (mode 0600) with one cloud, named as its plane."""
    file = work / cloud.plane / "clouds.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    entry = {"auth": _account(cloud, private), "region_name": "RegionOne", "identity_api_version": "3"}
    write_private(file, yaml.safe_dump({"clouds": {cloud.plane: entry}}, sort_keys=False))
    return file


def administrator(cloud: LabCloud, private: Secrets) -> Connection:
    """A connection as the cloud's first account."""
    import openstack  # half a second to load, and most users of this package never connect

    # Neither this machine's clouds.yaml nor OS_ variables have a say here.
    return openstack.connect(
        load_yaml_config=False, load_envvars=False, auth=_account(cloud, private), region_name="RegionOne"
    )


def _account(cloud: LabCloud, private: Secrets) -> dict[str, str]:
    return {
        "auth_url": f"http://{cloud.address}:5000/v3",
        "username": "admin",
        "password": private.accounts["admin"],
        "project_name": "admin",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }
