"""Real guests in both clouds: they run, see each other, keep to their size, and stay in their plane."""

from __future__ import annotations

import signal

import psutil
import pytest

from govcloud import lab as govlab
from integration.lab.conftest import MEMORY_MIB, ONE, OTHER, Guest, Neighbourhood, eventually


def reaches(guest: Guest, address: str) -> bool:
    return guest.ssh("ping", "-c", "2", "-W", "2", address).returncode == 0


@pytest.mark.parametrize("name", ["first", "second", "distant"])
def test_a_guest_answers_on_its_floating_address_with_the_keys_its_console_showed(
    guests: dict[str, Guest], name: str
) -> None:
    told = guests[name].ssh("hostname")

    assert (told.returncode, told.stdout.strip()) == (0, guests[name].name), told.stderr


@pytest.mark.parametrize("name", ["first", "distant"])
def test_a_guest_boots_without_a_failed_unit(guests: dict[str, Guest], name: str) -> None:
    told = guests[name].ssh("systemctl is-system-running --wait; systemctl --failed --no-legend")

    assert told.stdout.strip() == "running"


def test_no_two_guests_share_a_host_key_or_a_machine_id(guests: dict[str, Guest]) -> None:
    identities = [
        guest.ssh("cat", "/etc/machine-id", "/etc/ssh/ssh_host_ed25519_key.pub").stdout.split()[:3]
        for guest in guests.values()
    ]

    assert len({identity[0] for identity in identities}) == len(guests)
    assert len({identity[2] for identity in identities}) == len(guests)


def test_two_guests_of_a_network_reach_each_other(guests: dict[str, Guest]) -> None:
    assert reaches(guests["first"], guests["second"].fixed)
    assert reaches(guests["second"], guests["first"].fixed)


def test_a_guest_gets_no_more_memory_than_its_flavor(guests: dict[str, Guest]) -> None:
    take = f"x = bytearray({MEMORY_MIB // 2} * 2**20); print('half'); x = bytearray({MEMORY_MIB * 2} * 2**20)"

    told = guests["second"].ssh(f'python3 -uc "{take}"')

    assert told.stdout.strip() == "half"
    assert told.returncode != 0


def test_the_services_of_one_guest_are_its_own(guests: dict[str, Guest]) -> None:
    assert guests["first"].ssh("sudo systemctl start nginx").returncode == 0
    assert guests["second"].ssh("sudo systemctl start nginx").returncode == 0

    stopped = guests["first"].ssh("sudo systemctl stop nginx && systemctl is-active nginx").stdout.strip()

    assert stopped == "inactive"
    assert guests["second"].ssh("systemctl is-active nginx").stdout.strip() == "active"


def test_postgresql_of_the_image_holds_chinese_text(guests: dict[str, Guest]) -> None:
    assert guests["first"].ssh("sudo systemctl start postgresql@15-main").returncode == 0

    query = "select '九江', current_setting('server_encoding')"
    told = guests["first"].ssh(f'sudo -u postgres psql -At -c "{query}"')

    assert told.stdout.strip() == "九江|UTF8", told.stderr


def test_a_simulated_guest_is_active_beside_the_running_ones(
    neighbourhoods: dict[govlab.LabCloud, Neighbourhood],
) -> None:
    neighbourhood = neighbourhoods[OTHER]

    port, server = neighbourhood.boot("unreal", "simulated")

    assert server.status == "ACTIVE"
    assert server.compute_host == OTHER.simulated_host
    assert neighbourhood.cloud.network.get_port(port.id).binding_vif_type == "ovs"


def _switch(cloud: govlab.LabCloud) -> psutil.Process:
    """The virtual switch of one cloud: the one below that cloud's own supervisor."""
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if "govcloud.lab.supervisor" in line and cloud.plane in line:
            found = [one for one in process.children(recursive=True) if "--monitor" in one.cmdline()]
            if found:
                return found[-1]
    raise AssertionError(f"no switch runs in {cloud.plane}")


def test_a_switch_that_dies_comes_back_and_carries_on(guests: dict[str, Guest]) -> None:
    switch = _switch(ONE)

    switch.send_signal(signal.SIGABRT)
    switch.wait(10)

    eventually("the guests beyond the new switch", 60, lambda: guests["first"].ssh("true").returncode == 0)
    assert reaches(guests["first"], guests["second"].fixed)


def test_planes_reach_each_other_only_when_joined_on_purpose(guests: dict[str, Guest]) -> None:
    outside, inside = guests["first"], guests["distant"]
    assert not reaches(inside, outside.floating)
    assert not reaches(outside, inside.floating)

    govlab.join(ONE, OTHER)
    try:
        assert reaches(inside, outside.floating)
        assert reaches(outside, inside.floating)
    finally:
        govlab.unjoin(ONE, OTHER)

    assert not reaches(inside, outside.floating)
