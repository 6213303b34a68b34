"""What a root is made of, and how it would run."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from govcloud.migrations.machines.agent import containers, disks
from govcloud.migrations.machines.agent.units import GENERATOR, UNIT


def test_a_copy_has_no_network_and_a_machine_that_moved_has_the_servers() -> None:
    assert "Private=yes" in containers.laid(alone=True)
    assert "Private=yes" not in containers.laid(alone=False)
    for laid in (containers.laid(alone=True), containers.laid(alone=False)):
        assert "VirtualEthernet=no" in laid
        assert "systemd.mask=ssh.service" in laid
        assert "systemd.mask=nginx.service" not in laid


@pytest.mark.parametrize("path", ["proc", "run", UNIT.lstrip("/"), GENERATOR.lstrip("/")])
def test_what_a_start_makes_anew_or_is_ours_stays_behind(path: str) -> None:
    assert any(fnmatchcase(path, pattern) for pattern in disks.patterns())


@pytest.mark.parametrize("path", ["etc/passwd", "var/lib/mysql/ibdata1", "srv/tmp", "home/dev"])
def test_what_is_the_hosts_own_comes(path: str) -> None:
    assert not any(fnmatchcase(path, pattern) for pattern in disks.MADE_ANEW)


def test_below_what_a_start_makes_anew_nothing_is_carried() -> None:
    assert [disks.ephemeral(path) for path in ("/run/user/0", "/dev/shm", "/", "/srv", "/running")] == [
        True,
        True,
        False,
        False,
        False,
    ]
