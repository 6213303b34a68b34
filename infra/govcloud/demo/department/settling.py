"""Raises and furnishes a department's server beside the platform, as a move in the inventory describes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from govcloud.demo.department.department import Department, furnish
from govcloud.demo.department.people import Door
from govcloud.demo.legacy import LegacyGuest
from govcloud.engine import Site, operator_key
from govcloud.migrations.planning import host_of
from govcloud.migrations.remote import Host, Login
from govcloud.progress import Progress
from govcloud.provider import Cloud
from govcloud.topology.document import read
from govcloud.topology.moving import Move

USER, BASTION = "debian", "bastion"
EVERY_NIGHT = {
    "days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
    "from": "00:00",
    "to": "00:00",
}
"""A window that is open at any hour: what is shown is shown now."""


@dataclass(frozen=True)
class Settled:
    """A department's server, the way in, and its site's door; `place` keeps the department's authority."""

    department: Department
    login: Login
    place: Path
    door: Door


def guest_of(site: Site, plane: str, move: Move) -> LegacyGuest:
    """The guest that stands for the host of today."""
    topology = site.topology.planes[plane]
    host = host_of(topology, move)
    clouds = site.plane_work(plane).clouds_file
    return LegacyGuest(Cloud(plane, clouds), host, str(topology.hosts[host].address))


def settle(site: Site, plane: str, move: Move, progress: Progress) -> Settled:
    """Have the server stand, entered by the keys that its console shows.

    The inventory at hand, a copy, learns them and opens the move's window: open the site anew then.
    """
    guest, work = guest_of(site, plane, move), site.plane_work(plane)
    names = site.topology.site.id
    zone = next(m.zone for m in site.topology.planes[plane].machines if m.runs)
    server = guest.stand(f"{names}-guest", f"{names}-guest", f"{names}-operator", zone)
    keys = guest.host_keys(server, progress)
    files = site.inventory / plane
    declare(
        files / "hosts" / f"{guest.name}.yaml", login={"user": USER, "via": BASTION, "host_keys": list(keys)}
    )
    declare(files / "moves" / f"{move.id}.yaml", window=EVERY_NIGHT, accepted=[])
    login = Login(guest.name, guest.address, 22, USER, operator_key(work), tuple(keys), as_root=True)
    department = _department(site, plane, move)
    place = work.root / "departments" / guest.name
    door = Door(guest.address, department.domain, place / "authority" / "authority.pem")
    return Settled(department, login, place, door)


def furnished(settled: Settled, progress: Progress) -> None:
    """Have its system run there; nothing where it does."""
    step = f"{settled.login.label} is furnished"
    progress.step(step)
    with Host(settled.login) as host:
        if host.run(["systemctl", "is-active", f"{settled.department.account}.service"]).code:
            furnish(host, settled.department, settled.place)
    progress.done(step)


def _department(site: Site, plane: str, move: Move) -> Department:
    title = site.topology.planes[plane].systems[move.system].name_zh
    (database,), (served,) = move.databases, move.sites
    return Department(database.name, title, served.domain, database.engine)


def declare(file: Path, **more: Any) -> None:
    """Say more, or otherwise, in a file of a copied inventory."""
    said = read(file).value | more
    file.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
