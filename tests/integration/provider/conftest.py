"""One world for the whole matrix."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openstack.connection import Connection

from integration.conftest import StandingLab
from integration.provider.world import World


@pytest.fixture(scope="session")
def world(lab: StandingLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The supporting objects in the extranet's lab cloud."""
    made = World(lab.work / "extranet" / "clouds.yaml", tmp_path_factory.mktemp("matrix"))
    try:
        made.build()
        yield made
    finally:
        made.clear()


@pytest.fixture(scope="session")
def connection(lab: StandingLab) -> Connection:
    """The API itself, as its administrator."""
    return lab.connect("extranet")
