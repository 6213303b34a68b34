"""The city, loaded once."""

from __future__ import annotations

from pathlib import Path

import pytest

from govcloud.topology import Topology, load


@pytest.fixture(scope="session")
def topology() -> Topology:
    return load(Path(__file__).parents[3] / "inventories" / "jiujiang")
