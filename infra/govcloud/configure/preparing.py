"""What a run needs, laid out on disk before anything runs: a person can read it and run it by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from govcloud.configure.access import Access
from govcloud.configure.authority import Authority
from govcloud.configure.inventory import (
    authority_directory,
    certified,
    inventory,
    secret_names,
    secrets_file,
)
from govcloud.configure.rolefiles import roles_directory
from govcloud.local import private_directory, write_private
from govcloud.topology import Topology

FORKS = 4
_SETTINGS = """\
# Written by govcloud. By hand: ANSIBLE_CONFIG=<this file> ansible-playbook -i <inventory> <roles>/site.yml
[defaults]
forks = {forks}
gathering = explicit
retry_files_enabled = False
nocows = True
interpreter_python = /usr/bin/python3
host_key_checking = True
roles_path = {roles}
remote_tmp = /var/tmp/.ansible-${{USER}}
local_tmp = {local_tmp}
timeout = 30
any_errors_fatal = False

[connection]
pipelining = True

[ssh_connection]
retries = 2
ssh_args = -o ControlMaster=auto -o ControlPersist=60s
"""


@dataclass(frozen=True)
class Prepared:
    """A private directory with all that a run of one plane needs."""

    access: Access
    directory: Path

    @property
    def inventory(self) -> Path:
        """The inventory, in Ansible's own YAML."""
        return self.directory / "inventory" / "hosts.yaml"

    @property
    def settings(self) -> Path:
        """Ansible's settings."""
        return self.directory / "project" / "ansible.cfg"

    @property
    def playbook(self) -> Path:
        """The playbook of all roles."""
        return roles_directory() / "site.yml"


def prepare(topology: Topology, access: Access, secret: Callable[[str], str]) -> Prepared:
    """Lay out a run in the plane's directory; `secret` gives a secret by its name in the plane's source."""
    directory = private_directory(access.directory / "configure").absolute()
    prepared = Prepared(access, directory)
    for part in ("inventory", "project", "tmp"):
        private_directory(directory / part)
    values = {name: secret(name) for name in secret_names(access)}
    write_private(secrets_file(access), json.dumps(values, indent=1) + "\n")
    authority = Authority(authority_directory(access), f"govcloud {access.site} {access.plane.id}")
    for machine, (names, addresses) in certified(topology, access).items():
        authority.vouch(machine, names, addresses)
    document = as_yaml(inventory(topology, access))
    write_private(prepared.inventory, yaml.safe_dump(document, allow_unicode=True, sort_keys=False))
    settings = _SETTINGS.format(forks=FORKS, roles=roles_directory(), local_tmp=directory / "tmp")
    write_private(prepared.settings, settings)
    access.write_config()
    return prepared


def as_yaml(listed: dict[str, Any]) -> dict[str, Any]:
    """An inventory in the form of Ansible's files instead of that of its programs."""
    groups: dict[str, Any] = {
        name: {"hosts": {host: {} for host in group["hosts"]}}
        for name, group in listed.items()
        if name not in ("all", "_meta")
    }
    return {"all": {"hosts": listed["_meta"]["hostvars"], "children": groups}}
