"""Keys and a good bundle, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from unit.bundle.building import Keys, Pieces, pieces


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """A signer who is known, and one who is not."""
    return Keys.made(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def good(keys: Keys) -> Pieces:
    """A good bundle in pieces."""
    return pieces(keys)


@pytest.fixture
def archive(good: Pieces, tmp_path: Path) -> Path:
    """A good bundle's archive."""
    path = tmp_path / "good.tar"
    path.write_bytes(good.archive)
    return path
