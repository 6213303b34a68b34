"""The small site whose court runs on hosts of this test: a real database server each, entered by real SSH."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from govcloud.cli.migrate import working
from govcloud.demo.department import EVERY_NIGHT, declare
from govcloud.engine import new_key, public_half
from govcloud.migrations.assembly import PostgresqlServer, Ways, placing
from integration.migrations.postgresql.clusters import Cluster
from integration.migrations.postgresql.moving import DATABASE
from integration.migrations.sshd import Server
from integration.verbs import Verbs
from unit.inventories import MINIMAL

MOVE = "court-notices-move"
SYSTEM = "court_notices"


@dataclass(frozen=True)
class Court:
    """A site, the servers of today and of the platform, and the court's files on both."""

    site: Path
    source: Cluster
    target: Cluster
    attachments: Path
    systems: Path

    @property
    def work(self) -> Path:
        return self.site.parent / "work"

    @property
    def moved(self) -> Path:
        """Where the attachments lie on the platform."""
        return Path(f"{self.systems}/court-notices{self.attachments}")

    def key(self, name: str) -> Path:
        return self.work / "keys" / name

    @property
    def verbs(self) -> Verbs:
        return Verbs(self.site, self.work)

    def call(self, *words: str) -> Result:
        return self.verbs.call(*words)

    def done(self, *words: str) -> dict[str, Any]:
        """The document of a verb that ends well."""
        return self.verbs.done(*words)

    def approve(self, folder: str, *names: str) -> None:
        self.verbs.approve(folder, *map(self.key, names))

    def ordered(self) -> str:
        """The folder of an order that its author and two others have signed."""
        folder = str(self.done("order", MOVE, "--key", str(self.key("author")))["folder"])
        self.approve(folder, "first", "second")
        return folder

    def declare(self, path: str, **more: object) -> None:
        declare(self.site / path, **more)


def settle_in(
    folder: Path,
    legacy: Server,
    platform: Server,
    clusters: tuple[Cluster, Cluster],
    monkeypatch: pytest.MonkeyPatch,
) -> Court:
    """The site, with the platform's machines entered where this test has them."""
    source, target = clusters
    attachments = folder / "attachments"
    (attachments / "2026").mkdir(parents=True)
    for number in range(40):
        (attachments / "2026" / f"公告-{number}.txt").write_text("开庭公告\n" * number * 50)
    shutil.copytree(MINIMAL, folder / "site")
    court = Court(folder / "site", source, target, attachments, folder / "systems")
    court.declare(
        "extranet/hosts/legacy-court.yaml",
        address=legacy.login.address,
        login={
            "user": legacy.login.user,
            "port": legacy.login.port,
            "host_keys": list(legacy.login.host_keys),
        },
    )
    court.declare(
        f"extranet/moves/{MOVE}.yaml",
        databases=[{"engine": "postgresql", "name": DATABASE, "port": source.port}],
        files=[{"path": str(attachments)}],
        sites=[],
        accepted=[{"what": "table registry.sketch without a key", "because": "few rows"}],
        window=EVERY_NIGHT,
        downtime="120 s",
    )
    _keys(court, legacy)
    _ways(court, platform, monkeypatch)
    return court


def _keys(court: Court, legacy: Server) -> None:
    operator = court.work / "extranet/ssh/operator"
    operator.parent.mkdir(parents=True)
    shutil.copy(legacy.login.key, operator)
    shutil.copy(legacy.login.key.with_suffix(".pub"), operator.with_suffix(".pub"))
    court.key("author").parent.mkdir()
    lines = []
    for name, role in (("author", "author"), ("first", "approver"), ("second", "approver")):
        new_key(court.key(name), name)
        lines.append(f'{name} namespaces="govcloud-{role}" {public_half(court.key(name))}\n')
    (court.work / "extranet/allowed_signers").write_text("".join(lines))


def _ways(court: Court, platform: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where things are is of this test: that a machine's keys come from its cloud is tested on the lab."""
    here = PostgresqlServer(str(court.target.folder), port=court.target.port)
    there = PostgresqlServer(str(court.source.folder), port=court.source.port)
    monkeypatch.setattr(working, "way_to_machine", lambda *_: platform.login)
    monkeypatch.setattr(
        working, "Ways", partial(Ways, legacy=lambda _moved: there, shared=lambda _machine: here)
    )
    monkeypatch.setattr(placing, "FILES", str(court.systems))
    monkeypatch.setattr(placing, "REHEARSALS", str(court.systems.parent / "rehearsals"))


def unmount(folder: Path) -> None:
    """Take away whatever a test left mounted below its folder, fenced or not."""
    mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    for place in reversed([line.split(" ")[1] for line in mounts]):
        if place.startswith(f"{folder}/"):
            subprocess.run(["umount", "--lazy", place], check=True)
