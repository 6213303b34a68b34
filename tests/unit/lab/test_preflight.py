from __future__ import annotations

import json
from pathlib import Path

import pytest

from govcloud.errors import ToolkitError
from govcloud.lab import CLOUDS, LabCloud, missing_packages, packages, preflight


def test_everything_that_is_missing_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(preflight, "missing_packages", lambda: ("ovn-central", "mariadb-server"))
    monkeypatch.setattr(preflight, "lacks_installer", lambda: True)
    monkeypatch.setattr(preflight, "_available_memory", lambda: 2 * 1024**3)

    with pytest.raises(ToolkitError) as caught:
        preflight.check(CLOUDS)

    told = str(caught.value)
    assert "run it with sudo" in told
    assert "./dev setup" in told
    assert "apt-get install --no-install-recommends ovn-central mariadb-server" in told
    assert "2.0 GiB of memory are free and 6.0 GiB are needed" in told


def test_a_machine_with_nothing_lacks_every_package(tmp_path: Path) -> None:
    assert missing_packages(tmp_path) == packages()


def test_a_package_is_there_when_its_file_is(tmp_path: Path) -> None:
    (tmp_path / "usr/sbin").mkdir(parents=True)
    (tmp_path / "usr/sbin/mariadbd").touch()

    assert set(packages()) - set(missing_packages(tmp_path)) == {"mariadb-server"}


@pytest.mark.parametrize(
    ("route", "blamed"),
    [
        ({"dst": "10.99.1.0/25", "dev": "docker0"}, "10.99.1.0/25 on docker0"),
        ({"dst": "10.0.0.0/8", "dev": "vpn0"}, "10.0.0.0/8 on vpn0"),
        ({"dst": "198.51.100.7", "dev": "eth0"}, "198.51.100.7 on eth0"),
    ],
)
def test_addresses_in_use_are_named_with_their_interface(
    monkeypatch: pytest.MonkeyPatch, route: dict[str, str], blamed: str
) -> None:
    monkeypatch.setattr(preflight, "run", lambda words: json.dumps([route]))

    (lacking,) = preflight._taken(LabCloud("extranet", 1))

    assert blamed in lacking[0]


@pytest.mark.parametrize(
    "route",
    [
        {"dst": "default", "dev": "eth0"},
        {"dst": "10.99.2.0/24", "dev": "govlab2"},
        {"dst": "192.168.0.0/16", "dev": "eth0"},
        {"dst": "10.99.1.0/24", "dev": "govlab1"},
    ],
)
def test_addresses_elsewhere_are_nobodys_business(
    monkeypatch: pytest.MonkeyPatch, route: dict[str, str]
) -> None:
    monkeypatch.setattr(preflight, "run", lambda words: json.dumps([route]))

    assert list(preflight._taken(LabCloud("extranet", 1))) == []
