"""Finding the toolchain without making it."""

from __future__ import annotations

from pathlib import Path

import pytest

from govcloud.errors import ToolkitError
from govcloud.toolchain import SETTING, VERSION, go, locate_go, locate_pulumi


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with nothing: an empty PATH, no Go of its own, and a cache that is not there yet."""
    monkeypatch.delenv(SETTING, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("GOVCLOUD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(go, "INSTALLED", tmp_path / "nowhere")
    return tmp_path / "cache"


def _program(file: Path, says: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\necho '{says}'\n")
    file.chmod(0o755)
    return file


def test_nothing_is_found_where_nothing_is_and_nothing_is_made(tmp_path: Path) -> None:
    assert (locate_pulumi(), locate_go()) == (None, None)
    assert list(tmp_path.iterdir()) == []


def test_pulumi_is_found_on_the_path_before_the_cache(tmp_path: Path, cache: Path) -> None:
    kept = _program(cache / f"pulumi/v{VERSION}/bin/pulumi", f"v{VERSION}")
    assert locate_pulumi() == (kept, "cache")
    mine = _program(tmp_path / "path/pulumi", f"v{VERSION}")
    assert locate_pulumi() == (mine, "PATH")


def test_a_pulumi_of_another_version_is_none(tmp_path: Path) -> None:
    _program(tmp_path / "path/pulumi", "v3.1.0")
    assert locate_pulumi() is None


def test_a_pulumi_of_another_version_that_was_asked_for_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(SETTING, str(_program(tmp_path / "mine", "v3.1.0")))
    with pytest.raises(ToolkitError, match=r"version 3\.1\.0"):
        locate_pulumi()


@pytest.mark.parametrize(
    ("says", "found"), [("go version go1.26.5 linux/amd64", True), ("go version go1.19", False)]
)
def test_go_is_found_when_it_is_new_enough(tmp_path: Path, says: str, found: bool) -> None:
    program = _program(tmp_path / "path/go", says)
    assert locate_go() == (program if found else None)
