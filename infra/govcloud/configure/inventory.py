"""The Ansible inventory of one plane, derived from the topology: what is configured where, with which values.

It holds no secret: passwords stand in a private file of the plane, which Ansible reads when it needs them.
"""

from __future__ import annotations

import shlex
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from govcloud.configure.access import LOGIN, Access
from govcloud.configure.admission import admitted
from govcloud.configure.databases import MARIADB_PORT, PORT, Database, databases
from govcloud.configure.portal import first_content
from govcloud.configure.rolefiles import ROLES, role_file
from govcloud.configure.subject import Subject
from govcloud.errors import ToolkitError
from govcloud.topology import Topology

SERVING = {"web", "sites", "postgresql", "mariadb"}
"""The roles that serve over TLS."""


def secrets_file(access: Access) -> Path:
    """The plane's private file of the values that the roles need: JSON, names to strings."""
    return (access.directory / "configure" / "secrets.json").absolute()


def authority_directory(access: Access) -> Path:
    """Where the plane's own certificate authority lies."""
    return (access.directory / "authority").absolute()


def certified(topology: Topology, access: Access) -> dict[str, tuple[list[str], list[IPv4Address]]]:
    """By machine that serves over TLS: the names and addresses that its certificate must bear."""
    found = {}
    for machine in access.running:
        if SERVING & set(machine.configure):
            addresses = [machine.address, *([machine.floating] if machine.floating else [])]
            found[machine.id] = ([machine.id, *Subject(topology, access, machine).domains], addresses)
    return found


def secret_names(access: Access) -> tuple[str, ...]:
    """The secrets that configuring the plane needs, by their names in its secret source."""
    return tuple(database.secret for database in databases(access.plane))


def group(role: str) -> str:
    """The group of the machines that a role configures; a machine may have the role's own name."""
    return f"role_{role}"


def inventory(topology: Topology, access: Access) -> dict[str, Any]:
    """What `ansible-playbook -i` takes of a program: a group for each role, and `_meta`."""
    groups: dict[str, Any] = {
        group(role): {"hosts": [machine.id for machine in access.running if role in machine.configure]}
        for role in ROLES
    }
    hosts = {machine.id: host(Subject(topology, access, machine)) for machine in access.running}
    return {"all": {"children": list(groups)}, **groups, "_meta": {"hostvars": hosts}}


def host(of: Subject) -> dict[str, Any]:
    """One machine's variables: how to reach it, and each of its roles' values."""
    variables: dict[str, Any] = {
        "ansible_host": of.access.address(of.machine),
        "ansible_user": LOGIN,
        "ansible_ssh_common_args": shlex.join(of.access.options(of.machine)),
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    for role in of.machine.configure:
        variables |= _VALUES[role](of) if role in _VALUES else {}
    return variables


def _base(of: Subject) -> dict[str, Any]:
    return {
        "base_machine": of.machine.id,
        "base_login": LOGIN,
        "base_banner": f"{of.topology.site.name_zh} · {of.plane.declaration.name_zh} · {of.machine.name_zh}",
        "base_admitted": admitted(of.plane, of.machine),
    }


def _bastion(of: Subject) -> dict[str, Any]:
    return {"bastion_targets": of.led_to}


def _postgresql(of: Subject) -> dict[str, Any]:
    return {
        "postgresql_address": str(of.machine.address),
        "postgresql_port": PORT,
        "postgresql_certificate": str(authority_directory(of.access) / f"server-{of.machine.id}.pem"),
        "postgresql_databases": [
            {
                "name": database.name,
                "comment": database.name_zh,
                "clients": [str(application.address) for application in database.applications],
                "password": _secret(of.access, database),
            }
            for database in of.kept
        ],
        "postgresql_moved_in": [
            {
                "name": database.name,
                "accounts": list(database.accounts),
                "clients": [str(application.address) for application in database.applications],
            }
            for database in of.moved_in("postgresql")
        ],
    }


def _mariadb(of: Subject) -> dict[str, Any]:
    return {
        "mariadb_address": str(of.machine.address),
        "mariadb_port": MARIADB_PORT,
        "mariadb_number": int(of.machine.address),
        "mariadb_certificate": str(authority_directory(of.access) / f"server-{of.machine.id}.pem"),
    }


def _sites(of: Subject) -> dict[str, Any]:
    return {
        "sites_authority": str(authority_directory(of.access) / "authority.pem"),
        "sites_certificate": str(authority_directory(of.access) / f"server-{of.machine.id}.pem"),
    }


def _web(of: Subject) -> dict[str, Any]:
    if of.used is None or of.machine.system is None:
        raise ToolkitError(
            "it is configured as `web`, and no hosted system with a database runs on it",
            f"{of.plane.id}/{of.machine.id}",
            "place a system's `web` component there, with a `database`; or let it be simulated",
        )
    return {
        "web_application": of.machine.system,
        "web_authority": str(authority_directory(of.access) / "authority.pem"),
        "web_certificate": str(authority_directory(of.access) / f"server-{of.machine.id}.pem"),
        "web_names": of.domains,
        "web_database": {
            "machine": of.used.machine.id,
            "host": str(of.used.machine.address),
            "port": PORT,
            "name": of.used.name,
            "password": _secret(of.access, of.used),
        },
        "web_declared": {"website": of.websites},
        "web_first_content": _first_content(of, of.machine.system),
    }


def _first_content(of: Subject, system: str) -> dict[str, Any]:
    text = role_file("web", f"{system}/first-content.yaml")
    return first_content(text, of.topology, of.plane, system)


def _secret(access: Access, database: Database) -> str:
    path = secrets_file(access)
    return f"{{{{ (lookup('ansible.builtin.file', {str(path)!r}) | from_json)[{database.secret!r}] }}}}"


_VALUES = {
    "base": _base,
    "bastion": _bastion,
    "postgresql": _postgresql,
    "mariadb": _mariadb,
    "web": _web,
    "sites": _sites,
}
"""By role: what it needs to know of a machine."""
