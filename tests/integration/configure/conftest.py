"""The machines of a small site, configured, and a server beside it whose system is to move in."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from govcloud.configure import Access, Finding, PlaneRun, prepare, run, trust, verify
from govcloud.demo.department import guest_of
from govcloud.engine import Site, operator_key
from govcloud.engine.secret_source import SecretSource
from govcloud.progress import Silent
from govcloud.provider import Cloud
from integration.conftest import StandingLab, apply, offer_images, plan

from .department import MOVE, PAYMENTS, PLANE, Court, settle_in, site_of_the_court


@dataclass(frozen=True)
class Machines:
    """One plane's machines, and what the toolkit does to them."""

    site: Site
    access: Access

    def configure(self, *names: str, check: bool = False) -> PlaneRun:
        work = self.site.plane_work(self.access.plane.id)
        wanted = [self.access.machine(name) for name in names] or list(self.access.running)
        trust(self.access, Cloud(work.plane, work.clouds_file), wanted, Silent())
        prepared = prepare(
            self.site.topology, self.access, SecretSource(work, self.site.topology.site.secrets).value
        )
        made = run(prepared, Silent(), names, check)
        assert not made.errors, made.errors
        return made

    def wrong(self, name: str, role: str) -> list[Finding]:
        found = verify(self.site.topology, self.access, Silent(), [name], [role])
        assert found
        return [finding for finding in found if not finding.holds]

    def on(self, name: str, command: str) -> str:
        """Run a shell command on a machine, as root."""
        words = self.access.command(self.access.machine(name), ("sudo", "/bin/sh", "-e"))
        done = subprocess.run(words, input=command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def court(lab: StandingLab, pulumi_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    """The small site's extranet, standing, and a court's server beside it whose system is to move in.

    The classified plane is left to other runs.
    """
    work = tmp_path_factory.mktemp("court")
    offer_images(lab, work)
    site = site_of_the_court(work)
    (setting,) = site.settings(pulumi_root)
    try:
        apply(plan(setting), setting)
        yield settle_in(site, setting)
    finally:
        for move in (MOVE, PAYMENTS):
            guest_of(site, PLANE, site.topology.planes[PLANE].moves[move]).fall()
        apply(plan(setting, destroy=True), setting)


def machines_of(site: Site, plane: str) -> Machines:
    work = site.plane_work(plane)
    key = operator_key(work)
    return Machines(site, Access(site.topology.site.id, site.topology.planes[plane], work.root, key))


@pytest.fixture(scope="session")
def machines(court: Court) -> Iterator[Machines]:
    """The extranet's machines, configured."""
    found = machines_of(court.site, PLANE)
    found.configure()
    yield found
