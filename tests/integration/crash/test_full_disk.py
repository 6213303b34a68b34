"""A disk that fills up under the state: one clear error, and with room again the same command goes on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from govcloud.engine import Setting, Site, find_drift, take_census
from govcloud.progress import Silent
from integration.conftest import ROOT, StandingLab, apply, offer_images, plan

SMALL, ENOUGH = "192k", "64m"


@pytest.fixture
def small(lab: StandingLab, pulumi_root: Path, tmp_path: Path) -> Iterator[Setting]:
    """The small site's classified plane, its state on a disk of 192 KiB."""
    offer_images(lab, tmp_path)
    state = tmp_path / "classified" / "state"
    state.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL},mode=700", "tmpfs", str(state)], check=True)
    made = Site(ROOT / "inventories" / "minimal", tmp_path).setting("classified", pulumi_root)
    try:
        yield made
    finally:
        _remount(state)
        apply(plan(made, destroy=True), made)
        subprocess.run(["umount", str(state)], check=True)


def _remount(state: Path) -> None:
    subprocess.run(["mount", "-o", f"remount,size={ENOUGH}", str(state)], check=True)


def _apply(setting: Setting) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("govcloud")
    where = ["--inventory", str(ROOT / "inventories" / "minimal"), "--work", str(setting.work.root.parent)]
    return subprocess.run(
        [str(program), "apply", "--yes", "--plane", "classified", *where],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_a_full_disk_is_an_error_and_room_is_all_that_it_takes(small: Setting) -> None:
    done = _apply(small)
    assert done.returncode == 1
    assert "no space left" in done.stderr.lower(), done.stderr
    assert "Traceback" not in done.stderr
    _remount(small.work.state)
    done = _apply(small)
    assert done.returncode == 0, done.stderr
    assert take_census(small).wrong == ()
    assert find_drift(small, Silent()).found == ()
    assert not plan(small)
