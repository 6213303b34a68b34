"""The ways to hosts of today and to the platform's machines: by the operator's key, host keys declared."""

from __future__ import annotations

from govcloud.cli.machines import access_of, cloud_of
from govcloud.configure import recorded, trust, trusted
from govcloud.configure.access import LOGIN
from govcloud.engine import Site
from govcloud.errors import ToolkitError
from govcloud.migrations.remote import Login
from govcloud.progress import Progress
from govcloud.topology import PlaneTopology
from govcloud.topology.moving import LegacyHost


def host_named(plane: PlaneTopology, name: str) -> LegacyHost:
    """The host of today of that name."""
    if name not in plane.hosts:
        known = ", ".join(plane.hosts)
        raise ToolkitError(f"there is no host {name}", f"plane {plane.id}", f"name one of {known}")
    return plane.hosts[name]


def way_to_host(site: Site, plane: PlaneTopology, host: LegacyHost, progress: Progress) -> Login:
    """How a host of today is entered; through a machine of the platform where the inventory says so."""
    via = host.login.via
    return Login(
        host.id,
        str(host.address),
        host.login.port,
        host.login.user,
        access_of(site, plane.id).key,
        host.login.host_keys,
        None if via is None else way_to_machine(site, plane, via, progress),
        as_root=host.login.user != "root",
    )


def way_to_machine(site: Site, plane: PlaneTopology, name: str, progress: Progress) -> Login:
    """How a machine of the platform is entered: through the bastion, by the keys that its cloud reported."""
    access = access_of(site, plane.id)
    machine = access.machine(name)
    is_bastion = machine.id == access.bastion.id
    needed = [machine] if is_bastion else [access.bastion, machine]
    if not trusted(access, needed):
        trust(access, cloud_of(site, plane.id), needed, progress)
    via = (
        None if machine.id == access.bastion.id else way_to_machine(site, plane, access.bastion.id, progress)
    )
    keys = recorded(access)[machine.id]
    return Login(machine.id, access.address(machine), 22, LOGIN, access.key, keys, via, as_root=True)
