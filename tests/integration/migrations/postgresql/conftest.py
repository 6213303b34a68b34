"""Servers that the tests of a folder share, each emptied after a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integration.migrations.postgresql.clusters import Cluster, running
from integration.migrations.postgresql.moving import furnish, strip


@pytest.fixture(scope="session")
def eleven() -> Iterator[Cluster]:
    with running(11) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def thirteen() -> Iterator[Cluster]:
    with running(13) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def fifteen() -> Iterator[Cluster]:
    with running(15) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def shared() -> Iterator[Cluster]:
    """The platform's server."""
    with running(15) as cluster:
        yield cluster


@pytest.fixture
def source(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """The server of today, with the department's database: version 13 unless the test says otherwise."""
    cluster: Cluster = request.getfixturevalue(getattr(request, "param", "thirteen"))
    furnish(cluster)
    yield cluster
    strip(cluster)


@pytest.fixture
def target(shared: Cluster) -> Iterator[Cluster]:
    yield shared
    strip(shared)
