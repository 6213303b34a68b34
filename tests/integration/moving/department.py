"""A court's server as a guest of the lab, with its system under load, and the site that takes it in."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3
import yaml
from click.testing import CliRunner, Result

from govcloud.cli.main import govcloud
from govcloud.demo.department import Department, furnish
from govcloud.demo.legacy import LegacyGuest
from govcloud.engine import Site, new_key, operator_key, public_half
from govcloud.migrations.remote import Host, Login
from govcloud.progress import Silent
from integration.conftest import ROOT

PLANE, MOVE = "extranet", "court-notices-move"
ADDRESS, WEB_ADDRESS = "198.51.100.201", "198.51.100.23"
COURT = Department("notices", "法院公告系统", "notices.example")
EVERY_DAY = {
    "days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
    "from": "00:00",
    "to": "00:00",
}


@dataclass(frozen=True)
class Court:
    """The site with the court's real host key, and the way to the court's server."""

    site: Site
    login: Login

    def call(self, *words: str) -> Result:
        place = [
            "--inventory",
            str(self.site.inventory),
            "--work",
            str(self.site.work.root),
            "--plane",
            PLANE,
        ]
        return CliRunner().invoke(
            govcloud, ["migrate", words[0], *place, *words[1:]], standalone_mode=False, catch_exceptions=False
        )

    def done(self, *words: str) -> dict[str, Any]:
        """The document of a verb that ends well."""
        result = self.call(*words, "--format", "json")
        assert not result.return_value, result.output
        return dict(json.loads(result.stdout))

    def key(self, name: str) -> str:
        return str(self.site.work.root / "keys" / name)

    def ordered(self) -> str:
        """An order that its author and two others have signed."""
        folder = str(self.done("order", MOVE, "--key", self.key("author"))["folder"])
        for name in ("first", "second"):
            words = ["approve", folder, "--work", str(self.site.work.root), "--key", self.key(name)]
            result = CliRunner().invoke(govcloud, words, standalone_mode=False, catch_exceptions=False)
            assert result.exit_code == 0, result.output
        return folder


def site_of_the_court(work: Path) -> Site:
    """The small site with its shared web machine running, where people can be led on to."""
    inventory = work / "site"
    shutil.copytree(ROOT / "inventories" / "minimal", inventory)
    web = {"flavor": "guest", "placement": "machine-room", "floating": WEB_ADDRESS}
    _declare(inventory / PLANE / "machines" / "shared-web.yaml", **web)
    _declare(inventory / PLANE / "moves" / f"{MOVE}.yaml", window=EVERY_DAY, accepted=[])
    return Site(inventory, work, (PLANE,))


def settle_in(site: Site, guest: LegacyGuest) -> Court:
    """Raise and furnish the court's server; the inventory learns its host keys, as read on its console."""
    server = guest.stand("minimal-guest", "minimal-guest", "minimal-operator", "running")
    keys = guest.host_keys(server, Silent())
    _declare(
        site.inventory / PLANE / "hosts" / "legacy-court.yaml",
        login={"user": "debian", "via": "bastion", "host_keys": keys},
    )
    key = operator_key(site.plane_work(PLANE))
    login = Login("court", ADDRESS, 22, "debian", key, tuple(keys), as_root=True)
    with Host(login) as host:
        furnish(host, COURT, site.work.root / "court")
    _signers(site)
    # Read anew: what was loaded before does not know the host's keys.
    return Court(Site(site.inventory, site.work.root, (PLANE,)), login)


def _declare(file: Path, **more: object) -> None:
    said = yaml.safe_load(file.read_text(encoding="utf-8")) | more
    file.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")


def _signers(site: Site) -> None:
    place = site.work.root / "keys"
    place.mkdir(mode=0o700)
    lines = []
    for name, role in (("author", "author"), ("first", "approver"), ("second", "approver")):
        new_key(place / name, name)
        lines.append(f'{name} namespaces="govcloud-{role}" {public_half(place / name)}\n')
    site.plane_work(PLANE).allowed_signers.write_text("".join(lines), encoding="utf-8")


def door(court: Court) -> urllib3.HTTPSConnectionPool:
    """The court's site at the court's address, which proves itself by the court's own authority."""
    authority = court.site.work.root / "court" / "authority" / "authority.pem"
    return urllib3.HTTPSConnectionPool(
        ADDRESS,
        443,
        ca_certs=str(authority),
        server_hostname=COURT.domain,
        assert_hostname=COURT.domain,
        headers={"Host": COURT.domain},
        timeout=10,
        retries=False,
    )


@dataclass
class People:
    """People who enter notices at the court's address, each with an attachment; what was acknowledged is kept."""

    court: Court
    count: int = 2
    acknowledged: dict[str, float] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(at,)) for at in range(self.count)]

    def _work(self, person: int) -> None:
        number = 0
        with door(self.court) as pool:
            while not self._stop.is_set():
                number += 1
                time.sleep(0.02 if self._enter(pool, f"{id(self)}-{person}-{number}") else 0.1)

    def _enter(self, pool: urllib3.HTTPSConnectionPool, mark: str) -> bool:
        words = urlencode({"mark": mark, "title": f"公告 {mark}"})
        try:
            answer = pool.request("POST", f"/entries?{words}", body=mark.encode() * 100)
        except urllib3.exceptions.HTTPError:
            return False
        if answer.status == 200:
            self.acknowledged[mark] = time.monotonic()
        else:
            self.refused.add(answer.status)
        return answer.status == 200

    @property
    def gap(self) -> float:
        """The longest time in which nobody could enter anything."""
        return max(after - before for before, after in itertools.pairwise(sorted(self.acknowledged.values())))

    def until(self, count: int) -> None:
        """Wait until so many more have been entered."""
        wanted, end = len(self.acknowledged) + count, time.monotonic() + 60
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < end, f"nobody can enter anything: {self.refused}"
            time.sleep(0.1)

    def __enter__(self) -> People:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)


def title_of(page: str) -> str:
    found = re.search(r"<title>(.*?)</title>", page)
    return found[1] if found else ""
