"""Servers of today and of the platform, once for all, and a court that is furnished anew for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.migrations.postgresql.clusters import Cluster, running
from integration.migrations.postgresql.moving import furnish, strip
from integration.migrations.sshd import Server
from integration.migrations.sshd import running as ssh
from integration.migrations.verbs.court import Court, settle_in, unmount


@pytest.fixture(scope="module")
def clusters() -> Iterator[tuple[Cluster, Cluster]]:
    with running(13) as source, running(15) as target:
        yield source, target


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    with ssh(tmp_path_factory.mktemp("legacy")) as legacy:
        folder = tmp_path_factory.mktemp("platform")
        with ssh(folder, "shared") as platform:
            yield legacy, platform


@pytest.fixture
def court(
    tmp_path: Path,
    hosts: tuple[Server, Server],
    clusters: tuple[Cluster, Cluster],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Court]:
    furnish(clusters[0])
    yield settle_in(tmp_path, *hosts, clusters, monkeypatch)
    unmount(tmp_path)
    for cluster in clusters:
        strip(cluster)
