"""Two hosts that are entered by SSH."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integration.migrations.sshd import Server, running


@pytest.fixture(scope="module")
def legacy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("legacy")) as found:
        yield found


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("store"), "store") as found:
        yield found
