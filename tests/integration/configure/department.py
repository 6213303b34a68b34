"""A court's server as a guest of the lab, with its system on it, and the site that takes it in."""

from __future__ import annotations

import json
import shlex
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from govcloud.demo.department import EVERY_NIGHT, Settled, declare, furnished, settle
from govcloud.engine import Setting, Site, new_key, public_half
from govcloud.migrations.remote import Host
from govcloud.progress import Silent
from govcloud.topology.moving import Move
from integration.conftest import ROOT
from integration.verbs import Verbs

PLANE, MOVE = "extranet", "court-notices-move"
WEB_ADDRESS = "198.51.100.23"
WHOLE, SERVER, SERVER_ADDRESS = "court-archive-move", "court-archive-server", "198.51.100.24"
"""The move of the court's whole machine, and the server that takes it in."""
DATABASE = "shared-postgresql"
QUERY = "SELECT mark FROM register.entry WHERE mark <> '' ORDER BY mark"
PAYMENTS, TREASURY = "payments-move", "treasury"
"""The move of the treasury's system, and its database at its own server."""
PAID = ("mariadb", "-NBe", "SELECT mark FROM entry WHERE mark <> '' ORDER BY mark")
COUNTED = ("mariadb", "-NBe", "SELECT sum(number) = (SELECT count(*) FROM entry) FROM total")
MARKS = ("runuser", "-u", "postgres", "--", "psql", "-XAtc", QUERY, "-d")
RATE = 500
"""Commits in a second."""


@dataclass(frozen=True)
class Court:
    """The site with the real host keys of the court's and the treasury's servers, its plane, and both servers."""

    site: Site
    setting: Setting
    settled: Settled
    treasury: Settled

    @property
    def verbs(self) -> Verbs:
        return Verbs(self.site.inventory, self.site.work.root)

    def done(self, *words: str) -> dict[str, Any]:
        """The document of a verb that ends well."""
        return self.verbs.done(*words)

    def key(self, name: str) -> str:
        return str(self.site.work.root / "keys" / name)

    def ordered(self, move: str = MOVE) -> str:
        """An order that its author and two others have signed."""
        folder = str(self.done("order", move, "--key", self.key("author"))["folder"])
        self.verbs.approve(folder, *(Path(self.key(name)) for name in ("first", "second")))
        return folder


def site_of_the_court(work: Path) -> Site:
    """The small site with its shared web machine running, where people can be led on to."""
    inventory = work / "site"
    shutil.copytree(ROOT / "inventories" / "minimal", inventory)
    runs = {"flavor": "guest", "placement": "machine-room"}
    declare(inventory / PLANE / "machines" / "shared-web.yaml", **runs, floating=WEB_ADDRESS)
    declare(inventory / PLANE / "machines" / "shared-mariadb.yaml", **runs)
    server = {**runs, "floating": SERVER_ADDRESS}
    declare(inventory / PLANE / "systems" / "court-archive.yaml", overrides={"server": server})
    declare(inventory / PLANE / "moves" / f"{WHOLE}.yaml", window=EVERY_NIGHT)
    # Others work beside: what is asked here is what happens, not how fast.
    for move in (MOVE, PAYMENTS):
        declare(inventory / PLANE / "moves" / f"{move}.yaml", downtime="180 s")
    return Site(inventory, work, (PLANE,))


def settle_in(site: Site, setting: Setting) -> Court:
    """Raise and furnish the court's server, and have people who may sign."""
    moves = site.topology.planes[PLANE].moves
    with ThreadPoolExecutor(2) as pool:
        court, treasury = pool.map(lambda name: _stand(site, moves[name]), (MOVE, PAYMENTS))
    _signers(site)
    # Read anew: what was loaded before does not know the hosts' keys.
    return Court(Site(site.inventory, site.work.root, (PLANE,)), setting, court, treasury)


def _stand(site: Site, move: Move) -> Settled:
    settled = settle(site, PLANE, move, Silent())
    furnished(settled, Silent())
    return settled


def _signers(site: Site) -> None:
    place = site.work.root / "keys"
    place.mkdir(mode=0o700)
    lines = []
    for name, role in (("author", "author"), ("first", "approver"), ("second", "approver")):
        new_key(place / name, name)
        lines.append(f'{name} namespaces="govcloud-{role}" {public_half(place / name)}\n')
    site.plane_work(PLANE).allowed_signers.write_text("".join(lines), encoding="utf-8")


@contextmanager
def clerks(court: Court) -> Iterator[Future[dict[str, Any]]]:
    """Beside the people who use the site, clerks write to the database at the server itself.

    What comes of it has `acknowledged` marks, and the `seconds` for which they could write.
    """
    account, done = court.settled.department.account, "/run/clerks-are-done"
    wishes = {"database": f"/etc/{account}/settings", "rate": RATE, "writers": 4, "until": done}
    wishes["name"] = f"clerk-{time.monotonic_ns()}"
    script = Path(__file__).with_name("clerks.py").read_text(encoding="utf-8")
    with Host(court.settled.login) as host, ThreadPoolExecutor(1) as pool:
        host.done(["rm", "-f", done])
        written = pool.submit(lambda: dict(json.loads(host.python(script, wishes))))
        try:
            yield written
        finally:
            host.done(["touch", done])


def entered(court: Court) -> list[str]:
    """The marks that the court's own server holds, each as often as it holds it."""
    with Host(court.settled.login) as host:
        return host.done([*MARKS, court.settled.department.account]).decode().split()


class Machines(Protocol):
    """The site's machines, on which commands run."""

    def on(self, name: str, command: str) -> str:
        """What a shell command prints there, run as root."""


def carried(machines: Machines) -> list[str]:
    """The marks that the court's machine holds where it runs on the platform."""
    words = ["systemd-run", "--machine=court-archive", "--pipe", "--wait", "--quiet", *MARKS, "notices"]
    return machines.on(SERVER, shlex.join(words)).split()


def paid(host: Host) -> list[str]:
    """The marks that the treasury's own server holds."""
    return host.done([*PAID, TREASURY]).decode().split()


def arrived(machines: Machines) -> list[str]:
    """The marks that the platform holds."""
    return machines.on(DATABASE, shlex.join([*MARKS, "court_notices"])).split()
