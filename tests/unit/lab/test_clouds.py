from __future__ import annotations

import ipaddress

import pytest

from govcloud.lab import CLOUDS, LabCloud


def test_no_two_clouds_share_an_address_a_link_or_a_name() -> None:
    clouds = [LabCloud(f"plane-{index}", index) for index in range(1, 100)]

    ranges = [
        ipaddress.ip_network(prefix) for c in clouds for prefix in (c.management_range, c.floating_range)
    ]
    assert len(set(ranges)) == 2 * len(clouds)
    assert not any(one.overlaps(other) for one in ranges for other in ranges if one is not other)
    assert len({c.link for c in clouds}) == len({c.name for c in clouds}) == len(clouds)


def test_a_link_name_fits_the_kernel() -> None:
    assert all(len(LabCloud("p", index).link) <= 15 for index in (1, 99))


def test_the_two_planes_have_the_addresses_the_inventories_name() -> None:
    assert {cloud.plane: cloud.floating_range for cloud in CLOUDS} == {
        "extranet": "198.51.100.0/24",
        "classified": "198.51.101.0/24",
    }


@pytest.mark.parametrize("plane", ["", "Extranet", "../etc", "a b", "a;b", "-x", "a" * 41])
def test_a_plane_that_could_not_name_a_directory_or_a_namespace_is_refused(plane: str) -> None:
    with pytest.raises(ValueError, match="plane"):
        LabCloud(plane, 1)


@pytest.mark.parametrize("index", [0, 100, -1])
def test_an_index_without_addresses_is_refused(index: int) -> None:
    with pytest.raises(ValueError, match="index"):
        LabCloud("extranet", index)
