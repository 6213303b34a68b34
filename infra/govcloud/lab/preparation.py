"""Everything a cloud needs before its first process: its network, its folders and what lies in them."""

from __future__ import annotations

import json
import shutil

from govcloud.lab.clouds import LabCloud
from govcloud.lab.commands import run
from govcloud.lab.configuration import Secrets, render, write_keys, write_private
from govcloud.lab.databases import migrated_databases
from govcloud.lab.environment import environment
from govcloud.lab.inside import make_folders
from govcloud.lab.layout import Layout
from govcloud.lab.network import raise_network

_SWITCH_DATABASES = {
    "openvswitch/conf.db": "/usr/share/openvswitch/vswitch.ovsschema",
    "ovn/northbound.db": "/usr/share/ovn/ovn-nb.ovsschema",
    "ovn/southbound.db": "/usr/share/ovn/ovn-sb.ovsschema",
}


def prepare(cloud: LabCloud) -> None:
    """Make them, in an empty directory of the cloud's own. What is built once must have been built."""
    layout = Layout.of(cloud)
    services = environment()
    private = Secrets.random()
    private.save(layout.secrets)
    make_folders(cloud, layout)
    raise_network(cloud)
    render(cloud, layout, services, private)
    write_keys(layout)
    for name in ("libvirtd.conf", "lxc.conf"):
        shutil.copy(layout.etc / name, layout.etc / "libvirt")
    shutil.copy(services / "etc/nova/api-paste.ini", layout.etc)  # Nova's interfaces look for it here alone
    run(["cp", "--archive", "--reflink=auto", migrated_databases(), layout.data / "mysql"])
    for file, schema in _SWITCH_DATABASES.items():
        run(["ovsdb-tool", "create", layout.data / file, schema])
    write_private(layout.description, json.dumps({"environment": str(services), "index": cloud.index}))
