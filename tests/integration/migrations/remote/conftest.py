"""A host and a bastion that are entered by SSH."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integration.migrations.sshd import Server, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("legacy")) as found:
        yield found


@pytest.fixture(scope="module")
def bastion(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("bastion"), "bastion") as found:
        yield found
