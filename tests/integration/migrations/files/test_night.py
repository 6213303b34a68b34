"""A tree's night: it refuses writes, the last pass is exact, and what was written since comes home."""

from __future__ import annotations

import mmap
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from govcloud.errors import ToolkitError
from govcloud.migrations.files import FilesMover
from govcloud.migrations.journal import open_journal
from govcloud.migrations.moves import bring_home
from govcloud.migrations.night import Deadline
from govcloud.progress import Silent
from integration.migrations.files.moving import MOVE, copied, cut, let_go, moving
from integration.migrations.sshd import Server


@pytest.fixture
def moved(legacy: Server, tmp_path: Path) -> Iterator[FilesMover]:
    source = tmp_path / "from"
    (source / "folder").mkdir(parents=True)
    (source / "folder" / "公告").write_text("开庭")
    (source / "log").write_bytes(b"one\n")
    os.mkfifo(source / "queue")
    with moving(legacy.login, tmp_path) as mover:
        yield mover
    let_go(tmp_path)


def released(moved: FilesMover, folder: Path, allowed: float = 120.0) -> bool:
    return cut(moved, folder, allowed).released


def test_behind_the_fence_nothing_is_written_and_all_has_come(moved: FilesMover, tmp_path: Path) -> None:
    copied(moved, tmp_path)
    (tmp_path / "from" / "late").write_bytes(b"late")
    assert released(moved, tmp_path)
    with pytest.raises(OSError, match="Read-only file system"):
        (tmp_path / "from" / "later").write_bytes(b"x")
    assert (tmp_path / "to" / "late").read_bytes() == b"late"
    assert moved.evidence()["differences"] == []


def test_what_was_written_on_the_platform_comes_home(moved: FilesMover, tmp_path: Path) -> None:
    copied(moved, tmp_path)
    assert released(moved, tmp_path)
    (tmp_path / "to" / "since").write_bytes(b"since")
    (tmp_path / "to" / "folder" / "公告").write_text("改期")
    (tmp_path / "to" / "log").unlink()
    with open_journal(None, tmp_path / "state", MOVE) as (journal, claims):
        bring_home([moved], journal, claims, Silent(), 86400.0, lambda: datetime.now(UTC))
    assert sorted(path.name for path in (tmp_path / "from").iterdir()) == ["folder", "queue", "since"]
    assert (tmp_path / "from" / "folder" / "公告").read_text() == "改期"
    (tmp_path / "from" / "writable again").touch()


def test_who_holds_a_file_open_is_named_and_all_is_as_before(moved: FilesMover, tmp_path: Path) -> None:
    copied(moved, tmp_path)
    with (tmp_path / "from" / "log").open("ab") as stray:
        with pytest.raises(ToolkitError, match=r"files are open for writing: \w+ \(\d+\): .*/from/log"):
            moved.fence(Deadline(60))
        moved.unfence()
        stray.write(b"two\n")
    assert released(moved, tmp_path)
    assert (tmp_path / "to" / "log").read_bytes() == b"one\ntwo\n"


def test_a_cutover_that_comes_too_late_leaves_the_tree_writable(moved: FilesMover, tmp_path: Path) -> None:
    copied(moved, tmp_path)
    assert not released(moved, tmp_path, allowed=0.01)
    (tmp_path / "from" / "still here").touch()


def test_what_is_no_file_has_a_name_to_accept(moved: FilesMover, tmp_path: Path) -> None:
    (tmp_path / "from" / "a.tmp").touch()
    found = {one.name: one.weight.value for one in moved.examine()}
    assert found == {f"file {tmp_path}/from/queue": "accept", f"file {tmp_path}/from/a.tmp": "note"}
    assert moved.load().entries == 4


def test_a_mount_in_the_tree_is_fenced_with_it(moved: FilesMover, tmp_path: Path) -> None:
    uploads = tmp_path / "from" / "uploads"
    uploads.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "none", str(uploads)], check=True)
    try:
        (uploads / "photo").write_bytes(b"photo")
        copied(moved, tmp_path)
        assert released(moved, tmp_path)
        assert (tmp_path / "to" / "uploads" / "photo").read_bytes() == b"photo"
        with pytest.raises(OSError, match="Read-only file system"):
            (uploads / "later").touch()
        moved.unfence()
        (uploads / "later").touch()
    finally:
        subprocess.run(["umount", str(uploads)], check=True)


def test_a_tree_that_was_read_only_before_is_so_afterwards(moved: FilesMover, tmp_path: Path) -> None:
    root = str(tmp_path / "from")
    subprocess.run(["mount", "-t", "tmpfs", "none", root], check=True)
    try:
        (tmp_path / "from" / "kept").touch()
        subprocess.run(["mount", "-o", "remount,ro", root], check=True)
        moved.fence(Deadline(60))
        moved.unfence()
        moved.unfence()
        assert [path.name for path in (tmp_path / "from").iterdir()] == ["kept"]
    finally:
        subprocess.run(["umount", root], check=True)


def test_who_writes_through_memory_is_named(moved: FilesMover, tmp_path: Path) -> None:
    path = tmp_path / "from" / "log"
    with path.open("r+b") as stream:
        memory = mmap.mmap(stream.fileno(), 0)
    with memory, pytest.raises(ToolkitError, match=r"files are open for writing: .*/from/log"):
        moved.fence(Deadline(60))
