"""Two servers that the tests of the folder share, each emptied after a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integration.migrations.mariadb.moving import furnish, strip
from integration.migrations.mariadb.servers import Server, running


@pytest.fixture(scope="session")
def servers() -> Iterator[tuple[Server, Server]]:
    with running(71) as source, running(72) as target:
        yield source, target


@pytest.fixture
def source(servers: tuple[Server, Server]) -> Iterator[Server]:
    """The server of today, with the department's database."""
    furnish(servers[0])
    yield servers[0]
    strip(servers[0])


@pytest.fixture
def target(servers: tuple[Server, Server]) -> Iterator[Server]:
    """The platform's."""
    yield servers[1]
    strip(servers[1])
