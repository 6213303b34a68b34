"""The machines of a small site, configured; or those of a site that stands already, to try things by hand."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from govcloud.configure import Access, Finding, PlaneRun, prepare, run, trust, verify
from govcloud.engine import Setting, Site, operator_key
from govcloud.engine.secret_source import SecretSource
from govcloud.progress import Silent
from govcloud.provider import Cloud
from integration.conftest import Standing


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
def raised(request: pytest.FixtureRequest) -> Site:
    """The small site with its extranet applied; `GOVCLOUD_STANDING` names an inventory that stands already."""
    there = os.environ.get("GOVCLOUD_STANDING")
    if there:
        return Site(Path(there), Path(os.environ["GOVCLOUD_WORK"]))
    request.getfixturevalue("extranet")
    site: Site = request.getfixturevalue("small_site")
    return site


@pytest.fixture(scope="session")
def extranet(standing: Standing) -> Setting:
    """The small site's extranet, standing; the classified plane is left to other runs."""
    return standing("extranet")["extranet"]


def machines_of(site: Site, plane: str) -> Machines:
    work = site.plane_work(plane)
    key = operator_key(work)
    return Machines(site, Access(site.topology.site.id, site.topology.planes[plane], work.root, key))


@pytest.fixture(scope="session")
def machines(raised: Site) -> Iterator[Machines]:
    """The extranet's machines, configured."""
    found = machines_of(raised, "extranet")
    found.configure()
    yield found
