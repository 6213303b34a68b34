from __future__ import annotations

import configparser
import stat
from pathlib import Path

import pytest

from govcloud.lab import LabCloud
from govcloud.lab.configuration import Secrets, render, write_keys
from govcloud.lab.layout import Layout
from govcloud.lab.units import units

CLOUD = LabCloud("extranet", 1)


@pytest.fixture
def private() -> Secrets:
    return Secrets.random()


@pytest.fixture
def layout(tmp_path: Path, private: Secrets) -> Layout:
    layout = Layout(tmp_path)
    layout.etc.mkdir()
    render(CLOUD, layout, Path("/services"), private)
    return layout


def ini(file: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    parser.read_string(file.read_text())
    return parser


def test_only_the_owner_reads_configuration_keys_and_secrets(layout: Layout, private: Secrets) -> None:
    private.save(layout.secrets)
    write_keys(layout)

    files = [path for path in layout.root.rglob("*") if path.is_file()]

    assert len(files) > 10
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_secrets_come_back_as_they_were_saved(layout: Layout, private: Secrets) -> None:
    private.save(layout.secrets)

    assert Secrets.load(layout.secrets) == private


def test_no_two_clouds_or_accounts_share_a_password() -> None:
    every = [
        word
        for _ in range(2)
        for s in [Secrets.random()]
        for word in (*s.accounts.values(), s.rabbit, s.metadata)
    ]

    assert len(set(every)) == len(every)
    assert min(map(len, every)) >= 32


def test_no_secret_is_an_argument_of_a_process(layout: Layout, private: Secrets) -> None:
    words = {word for unit in units(CLOUD, layout, Path("/services"), private) for word in unit.command}

    for secret in (*private.accounts.values(), private.rabbit, private.metadata):
        assert not any(secret in word for word in words)


def test_no_secret_shows_in_the_printed_form_of_a_unit(layout: Layout, private: Secrets) -> None:
    printed = repr(units(CLOUD, layout, Path("/services"), private))

    assert private.accounts["admin"] not in printed


def test_the_databases_are_reached_without_a_password(layout: Layout) -> None:
    for name, section in (("keystone.conf", "database"), ("nova.conf", "api_database")):
        connection = ini(layout.etc / name)[section]["connection"]

        assert connection.startswith("mysql+mysqldb://root@localhost/")
        assert str(layout.database_socket) in connection


def test_the_two_hypervisors_differ_in_name_driver_and_state(layout: Layout) -> None:
    running, simulated = (ini(layout.etc / name)["DEFAULT"] for name in ("nova.conf", "nova-simulated.conf"))

    assert (running["host"], running["compute_driver"]) == ("govcloud-extranet", "libvirt.LibvirtDriver")
    assert (simulated["host"], simulated["compute_driver"]) == (
        "govcloud-extranet-simulated",
        "fake.FakeDriver",
    )
    assert running["state_path"] != simulated["state_path"]


def test_every_unit_waits_only_for_units_that_exist_and_none_for_itself(
    layout: Layout, private: Secrets
) -> None:
    every = {unit.name: unit for unit in units(CLOUD, layout, Path("/services"), private)}
    started: set[str] = set()

    while remaining := every.keys() - started:
        startable = {name for name in remaining if set(every[name].after) <= started}
        assert startable, f"these wait for each other or for nothing there is: {remaining}"
        started |= startable
