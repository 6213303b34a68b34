"""What the demonstration does not try: the walls once they are broken on purpose, and a host key that is not the one."""

from __future__ import annotations

import subprocess

import pytest

from govcloud.demo.machines import access_of, configure_all
from govcloud.demo.proofs import reach
from govcloud.engine import Setting, Site
from govcloud.lab import CLASSIFIED, EXTRANET, join, unjoin
from govcloud.progress import Silent


@pytest.fixture(scope="module")
def configured(small_site: Site, applied: dict[str, Setting]) -> list[str]:
    """What configuring the small site said."""
    said: list[str] = []
    configure_all(small_site, list(applied.values()), Silent(), said.append)
    return said


def test_only_the_missing_link_keeps_the_planes_apart(
    configured: list[str], small_site: Site, applied: dict[str, Setting]
) -> None:
    """The same probe, the same targets: silent as it is, reached once the two clouds are joined on purpose."""
    ways = {plane: access_of(small_site, plane) for plane in applied}
    pairs = [("extranet", "classified"), ("classified", "extranet")]

    def seen() -> list[str]:
        found = []
        for plane, other in pairs:
            probe = next(machine for machine in ways[plane].running if machine.role == "probe")
            target = str(ways[other].bastion.floating)
            found.append(reach(ways[plane], probe, [target])[target])
        return found

    assert seen() == ["silent", "silent"]
    join(EXTRANET, CLASSIFIED)
    try:
        joined = seen()
    finally:
        unjoin(EXTRANET, CLASSIFIED)
    assert "silent" not in joined, joined
    assert seen() == ["silent", "silent"]


def test_a_changed_host_key_is_refused(configured: list[str], small_site: Site) -> None:
    access = access_of(small_site, "extranet")
    probe = next(machine for machine in access.running if machine.role == "probe")
    known = access.known_hosts.read_text()
    other = next(
        line.split()[-1] for line in known.splitlines() if line.startswith("bastion") and "ed25519" in line
    )
    forged = [
        line.rpartition(" ")[0] + " " + other if line.startswith("probe") and "ed25519" in line else line
        for line in known.splitlines()
        if not (line.startswith("probe") and "ed25519" not in line)
    ]
    access.known_hosts.write_text("\n".join(forged) + "\n")
    try:
        done = subprocess.run(
            access.command(probe, ("true",)), capture_output=True, text=True, timeout=60, check=False
        )
    finally:
        access.known_hosts.write_text(known)
    assert done.returncode == 255
    assert "host key" in done.stderr.lower()
