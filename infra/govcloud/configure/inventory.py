"""The Ansible inventory of one plane, derived from the topology: what is configured where, and with which values.

It holds no secret: passwords stand in a private file of the plane, which Ansible reads when it needs them.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from govcloud.configure.access import LOGIN, Access
from govcloud.configure.admission import admitted
from govcloud.configure.databases import PORT, Database, databases
from govcloud.configure.portal import first_content, websites
from govcloud.configure.rolefiles import ROLES, role_file
from govcloud.topology import Machine, Topology


def secrets_file(access: Access) -> Path:
    """The plane's private file of the values that the roles need: JSON, names to strings."""
    return (access.directory / "configure" / "secrets.json").absolute()


def secret_names(access: Access) -> tuple[str, ...]:
    """The secrets that configuring the plane needs, by their names in its secret source."""
    return tuple(database.secret for database in databases(access.plane))


def group(role: str) -> str:
    """The group of the machines that a role configures; a machine may have the role's own name."""
    return f"role_{role}"


def inventory(topology: Topology, access: Access) -> dict[str, Any]:
    """What Ansible's inventory plugins and `ansible-playbook -i` take: a group for each role, and `_meta`."""
    groups: dict[str, Any] = {
        group(role): {"hosts": [machine.id for machine in access.running if role in machine.configure]}
        for role in ROLES
    }
    hosts = {machine.id: host(topology, access, machine) for machine in access.running}
    return {"all": {"children": list(groups)}, **groups, "_meta": {"hostvars": hosts}}


def host(topology: Topology, access: Access, machine: Machine) -> dict[str, Any]:
    """One machine's variables: how to reach it, and each of its roles' values."""
    variables: dict[str, Any] = {
        "ansible_host": access.address(machine),
        "ansible_user": LOGIN,
        "ansible_ssh_common_args": shlex.join(access.options(machine)),
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    for role in machine.configure:
        if role in VALUES:
            variables |= VALUES[role](topology, access, machine)
    return variables


def _base(topology: Topology, access: Access, machine: Machine) -> dict[str, Any]:
    return {
        "base_machine": machine.id,
        "base_login": LOGIN,
        "base_banner": f"{topology.site.name_zh} · {access.plane.declaration.name_zh} · {machine.name_zh}",
        "base_admitted": admitted(access.plane, machine),
    }


def _bastion(topology: Topology, access: Access, machine: Machine) -> dict[str, Any]:
    others = [other for other in access.running if other.id != machine.id]
    return {"bastion_targets": [f"{other.address}:22" for other in others]}


def _postgresql(topology: Topology, access: Access, machine: Machine) -> dict[str, Any]:
    here = [database for database in databases(access.plane) if database.machine.id == machine.id]
    return {
        "postgresql_address": str(machine.address),
        "postgresql_port": PORT,
        "postgresql_databases": [
            {
                "name": database.name,
                "comment": database.name_zh,
                "clients": [str(application.address) for application in database.applications],
                "password": _secret(access, database),
            }
            for database in here
        ],
    }


def _web(topology: Topology, access: Access, machine: Machine) -> dict[str, Any]:
    database = next((d for d in databases(access.plane) if machine in d.applications), None)
    if database is None or machine.system is None:
        return {}
    sites = websites(topology, access.plane, machine.system)
    return {
        "web_application": machine.system,
        "web_names": [row["domain"] for row in sites if row["kind"] == "head"],
        "web_database": {
            "machine": database.machine.id,
            "host": str(database.machine.address),
            "port": PORT,
            "name": database.name,
            "password": _secret(access, database),
        },
        "web_declared": {"website": sites},
        "web_first_content": first_content(
            role_file("web", f"{machine.system}/first-content.yaml"), topology, access.plane, machine.system
        ),
    }


def _probe(topology: Topology, access: Access, machine: Machine) -> dict[str, Any]:
    return {}


def _secret(access: Access, database: Database) -> str:
    path = secrets_file(access)
    return f"{{{{ (lookup('ansible.builtin.file', {str(path)!r}) | from_json)[{database.secret!r}] }}}}"


VALUES = {"base": _base, "bastion": _bastion, "postgresql": _postgresql, "web": _web, "probe": _probe}
"""By role: what it needs to know of a machine."""
