"""An installation is whole or not there; it can be cut short anywhere and run again."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govcloud.bundle import Installed, base_python, fitting, installing
from govcloud.bundle.fitting import Target
from govcloud.errors import ToolkitError
from govcloud.progress import Silent
from unit.bundle.building import CONTENTS, IMAGE, NOW, TAG, Keys, pieces

Install = Callable[..., Installed]


def _environment(root: Path, python: Path) -> Path:
    """In the place of a virtual environment: a program that says how it was called."""
    program = root / "venv" / "bin" / "govcloud"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "$GOVCLOUD_PULUMI|$GOVCLOUD_INVENTORY|$GOVCLOUD_WORK|$*"\n')
    program.chmod(0o700)
    return root / "venv"


@pytest.fixture
def install(keys: Keys, tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install the good bundle, or another archive, below `tmp_path/prefix`."""
    monkeypatch.setattr(installing, "make_environment", _environment)
    monkeypatch.setattr(installing.os, "sync", lambda: None)  # it waits for all that this machine writes

    def run(file: Path = archive, prefix: Path = tmp_path / "prefix", site: str | None = None) -> Installed:
        return installing.install(file, prefix, keys.trust, NOW, Silent(), python=base_python(), site=site)

    return run


def _another(keys: Keys, tmp_path: Path, contents: dict[str, bytes] = CONTENTS, **other: Any) -> Path:
    path = tmp_path / "another.tar"
    path.write_bytes(pieces(keys, contents, **other).archive)
    return path


def _tree(root: Path) -> dict[str, Any]:
    return {
        path.relative_to(root).as_posix(): str(path.readlink()) if path.is_symlink() else path.stat().st_ino
        for path in root.rglob("*")
    }


def test_every_member_lies_there_private_and_whole(install: Install) -> None:
    made = install()
    for name, content in CONTENTS.items():
        if not name.startswith("wheels/"):
            assert (made.release / name).read_bytes() == content
            assert (made.release / name).stat().st_mode & 0o077 == 0
    assert not (made.release / "wheels").exists()
    assert made.release.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in made.release.parent.iterdir()} == {".lock", made.release.name}


def test_the_starter_knows_where_everything_is(install: Install) -> None:
    made = install()
    words = [made.program, "topology", "validate"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip().split("|")
    assert Path(said[0]) == made.release / "pulumi/bin/pulumi" and os.access(said[0], os.X_OK)
    assert Path(said[1], "site.yaml").read_bytes() == CONTENTS["inventories/minimal/site.yaml"]
    assert Path(said[2]).resolve() == made.prefix / "work"
    assert said[3] == "topology validate"


def test_the_image_lies_where_plans_look_for_it_and_takes_no_room_twice(install: Install) -> None:
    made = install()
    offered = made.prefix / "work" / "extranet" / "images" / "guest.qcow2"
    assert offered.samefile(made.release / IMAGE)


def test_a_second_time_nothing_changes(install: Install) -> None:
    first = install()
    before = _tree(first.prefix)
    second = install()
    assert (first.was_there, second.was_there) == (False, True)
    assert _tree(first.prefix) == before


def test_another_bundle_takes_over_and_leaves_the_work_alone(
    install: Install, keys: Keys, tmp_path: Path
) -> None:
    first = install()
    state = first.prefix / "work" / "extranet" / "state"
    state.write_text("ours")
    second = install(_another(keys, tmp_path, {**CONTENTS, IMAGE: b"a newer image"}))
    assert (second.prefix / "current").resolve() == second.release != first.release
    assert (second.prefix / "work/extranet/images/guest.qcow2").read_bytes() == b"a newer image"
    assert state.read_text() == "ours" and first.release.is_dir()
    assert install().was_there, "the way back is the way there"
    assert (first.prefix / "current").resolve() == first.release


STEPS = ("make_environment", "_write_starter", "write_private", "_offer_images", "_switch")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("killed", [False, True], ids=["failed", "killed"])
def test_cut_short_anywhere_it_ends_the_same(
    step: str, killed: bool, install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no more")

    with monkeypatch.context() as patch:
        patch.setattr(installing, step, fail)
        if killed:  # nobody clears up after a process that was killed
            patch.setattr(shutil, "rmtree", lambda *_: None)
        with pytest.raises(OSError, match="no more"):
            install()
    prefix = tmp_path / "prefix"
    assert not (prefix / "current").exists()
    assert killed or not prefix.exists()
    made = install()
    assert {path.name for path in made.release.parent.iterdir()} == {".lock", made.release.name}
    assert (made.prefix / "current" / "docs" / "a.md").read_bytes() == b"small"


def test_two_at_once_do_not_meet(install: Install, tmp_path: Path) -> None:
    releases = tmp_path / "prefix" / "releases"
    releases.mkdir(parents=True)
    with (releases / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ToolkitError, match="another installation is at work"):
            install()


def _unfit(keys: Keys, tmp_path: Path, install: Install, **other: Any) -> str:
    with pytest.raises(ToolkitError) as seen:
        install(_another(keys, tmp_path, **other))
    assert not (tmp_path / "prefix").exists()
    return seen.value.what


def test_a_bundle_for_another_machine_or_python(keys: Keys, tmp_path: Path, install: Install) -> None:
    assert "a bundle for s390x and this machine is" in _unfit(keys, tmp_path, install, machine="s390x")
    assert f"a bundle for Python cp399 and this is {TAG}" in _unfit(keys, tmp_path, install, python="cp399")


def test_a_bundle_for_another_site(keys: Keys, tmp_path: Path, install: Install) -> None:
    with pytest.raises(ToolkitError, match="for site minimal, not for jiujiang"):
        install(site="jiujiang")
    assert not (tmp_path / "prefix").exists()
    made = install(site="minimal")
    before = _tree(made.prefix)
    with pytest.raises(ToolkitError, match="for site elsewhere, not for minimal"):
        install(_another(keys, tmp_path, site="elsewhere"))
    assert _tree(made.prefix) == before


def test_a_directory_that_holds_other_things(install: Install, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name in ("taken", "file"):
        with pytest.raises(ToolkitError, match="it holds other things"):
            install(prefix=tmp_path / name)
    assert [path.name for path in (tmp_path / "taken").iterdir()] == ["thesis.txt"]


def test_a_disk_without_room(install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = replace_free(shutil.disk_usage(tmp_path), 1024**2)
    monkeypatch.setattr(fitting.shutil, "disk_usage", lambda _: full)
    with pytest.raises(ToolkitError, match=r"1 MiB are free and \d+ MiB are needed"):
        install()
    assert not (tmp_path / "prefix").exists()


def replace_free(usage: Any, free: int) -> Any:
    """A disk with as much free."""
    return usage._replace(free=free)


def test_a_python_that_is_none(keys: Keys, tmp_path: Path, archive: Path) -> None:
    with pytest.raises(ToolkitError, match="cannot be run: No such file"):
        fitting.target_of(tmp_path / "python3")
    assert fitting.target_of(base_python()) == Target(os.uname().machine, TAG)
