"""A tree comes over whole, then what changed; whatever is spoilt is found; killed, it goes on."""

from __future__ import annotations

import hashlib
import os
import pwd
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from govcloud.errors import ToolkitError
from govcloud.migrations.files import Passed, Place, State, bring_over
from govcloud.migrations.files.mover import BACK
from govcloud.migrations.files.passes import scan
from govcloud.migrations.night import Deadline
from govcloud.migrations.pace import Pace
from govcloud.migrations.remote import Host
from govcloud.progress import Silent
from integration.migrations.files.moving import copied, let_go, moving
from integration.migrations.files.trees import MIB, differences, furnished, passed
from integration.migrations.sshd import Server, free_port

DIRECTLY = "from host to host"
BOTH_WAYS = pytest.mark.parametrize("pair", ["through the tool", DIRECTLY], indirect=True)


@pytest.fixture
def pair(
    request: pytest.FixtureRequest, legacy: Server, store: Server, tmp_path: Path
) -> Iterator[tuple[Place, Place]]:
    (tmp_path / "from").mkdir()
    ports = (free_port(),) if getattr(request, "param", "") == DIRECTLY else ()
    with Host(legacy.login) as there, Host(store.login) as here:
        yield (
            Place(there, os.fsencode(tmp_path / "from"), ports=ports),
            Place(here, os.fsencode(tmp_path / "to")),
        )


@BOTH_WAYS
def test_a_tree_comes_over_whole(pair: tuple[Place, Place], tmp_path: Path) -> None:
    furnished(tmp_path / "from")
    done = passed(pair, tmp_path)
    assert differences(pair) == []
    assert done.unread == {}
    assert (tmp_path / "to" / "holes").stat().st_blocks < 20 * MIB / 512 / 2
    assert (tmp_path / "to" / "big").samefile(tmp_path / "to" / "公告" / "the same")


@BOTH_WAYS
def test_a_second_pass_sends_only_what_changed(pair: tuple[Place, Place], tmp_path: Path) -> None:
    furnished(tmp_path / "from")
    passed(pair, tmp_path)
    time.sleep(2.1)
    passed(pair, tmp_path)
    with (tmp_path / "from" / "big").open("r+b") as stream:
        stream.seek(3 * MIB)
        stream.write(b"changed")
    (tmp_path / "from" / "-rf").unlink()
    (tmp_path / "from" / "new").write_bytes(b"new")
    done = passed(pair, tmp_path)
    assert done.files <= 3
    assert done.carried < 2 * MIB + 1000
    assert differences(pair) == []


def test_a_change_that_keeps_size_and_time_is_found(pair: tuple[Place, Place], tmp_path: Path) -> None:
    path = tmp_path / "from" / "table"
    path.write_bytes(b"a" * 5000)
    passed(pair, tmp_path)
    status = path.stat()
    path.write_bytes(b"a" * 4999 + b"b")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_mtime_ns == status.st_mtime_ns
    passed(pair, tmp_path)
    assert (tmp_path / "to" / "table").read_bytes()[-1:] == b"b"


def test_what_has_another_kind_now_is_replaced(pair: tuple[Place, Place], tmp_path: Path) -> None:
    root = tmp_path / "from"
    (root / "a").mkdir()
    (root / "a" / "inner").write_bytes(b"x")
    (root / "b").write_bytes(b"y")
    passed(pair, tmp_path)
    (root / "a" / "inner").unlink()
    (root / "a").rmdir()
    (root / "a").symlink_to("b")
    (root / "b").unlink()
    (root / "b").mkdir()
    passed(pair, tmp_path)
    assert differences(pair) == []


def test_special_files_and_what_is_left_out_are_named(pair: tuple[Place, Place], tmp_path: Path) -> None:
    root = tmp_path / "from"
    os.mkfifo(root / "queue")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(root / "live"))
        (root / "cache.tmp").write_bytes(b"x")
        done = passed(pair, tmp_path, without=("*.tmp",))
    assert sorted(done.special) == ["live", "queue"]
    assert done.left == ["cache.tmp"]
    assert list((tmp_path / "to").iterdir()) == []


def test_a_link_does_not_lead_the_writer_out_of_the_tree(pair: tuple[Place, Place], tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "from" / "folder").mkdir()
    (tmp_path / "from" / "folder" / "file").write_bytes(b"inside")
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "folder").symlink_to(outside)
    passed(pair, tmp_path)
    assert list(outside.iterdir()) == []
    assert (tmp_path / "to" / "folder" / "file").read_bytes() == b"inside"


@BOTH_WAYS
def test_a_file_that_grows_while_it_is_read_comes_with_a_later_pass(
    pair: tuple[Place, Place], tmp_path: Path
) -> None:
    path = tmp_path / "from" / "log"
    path.write_bytes(os.urandom(30 * MIB))
    writer = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import time\nwhile True:\n open({str(path)!r}, 'ab').write(b'line'); time.sleep(0.002)",
        ]
    )
    try:
        time.sleep(0.3)
        first = passed(pair, tmp_path)
        with pytest.raises(ToolkitError, match="it changed while it was read"):
            passed(pair, tmp_path, last=True)
    finally:
        writer.kill()
        writer.wait()
    assert "log" in first.unread
    passed(pair, tmp_path, last=True)
    assert differences(pair) == []


def end_sessions(server: Server) -> None:
    for one in psutil.Process(server.process.pid).children():
        with suppress(psutil.NoSuchProcess):
            one.kill()


def test_a_connection_that_is_cut_is_an_error_and_it_goes_on(
    legacy: Server, store: Server, tmp_path: Path
) -> None:
    root = tmp_path / "from"
    root.mkdir()
    for number in range(40):
        (root / str(number)).write_bytes(os.urandom(MIB))
    with Host(legacy.login) as there, Host(store.login) as here:
        pair = Place(there, os.fsencode(root)), Place(here, os.fsencode(tmp_path / "to"))
        threading.Timer(1.5, lambda: end_sessions(store)).start()
        with pytest.raises(ToolkitError):
            state = State(tmp_path / "state.sqlite")
            bring_over(*pair, state, (), Pace(20 * MIB), Silent())
        state.close()
    with Host(legacy.login) as there, Host(store.login) as here:
        pair = Place(there, os.fsencode(root)), Place(here, os.fsencode(tmp_path / "to"))
        passed(pair, tmp_path)
        assert differences(pair) == []
    assert not list((tmp_path / "to").glob(".govcloud*"))


@BOTH_WAYS
def test_a_full_disk_is_an_error_and_room_is_all_that_it_takes(
    pair: tuple[Place, Place], tmp_path: Path
) -> None:
    for number in range(20):
        (tmp_path / "from" / str(number)).write_bytes(os.urandom(MIB))
    target = tmp_path / "to"
    target.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(target)], check=True)
    try:
        with pytest.raises(ToolkitError, match="No space left on device") as refused:
            passed(pair, tmp_path)
        assert "make room there" in str(refused.value.remedy)
        subprocess.run(["mount", "-o", "remount,size=64m", str(target)], check=True)
        passed(pair, tmp_path)
        assert differences(pair) == []
    finally:
        subprocess.run(["umount", "-l", str(target)], check=True)


def test_what_lay_at_the_target_before_goes(pair: tuple[Place, Place], tmp_path: Path) -> None:
    (tmp_path / "from" / "kept").write_bytes(b"new")
    target = tmp_path / "to"
    (target / "old" / "deeper").mkdir(parents=True)
    (target / "old" / "deeper" / ".govcloud-left-by-a-kill").touch()
    (target / "kept").write_bytes(b"old")
    passed(pair, tmp_path)
    assert [path.name for path in target.iterdir()] == ["kept"]
    assert (target / "kept").read_bytes() == b"new"


def test_what_a_killed_pass_had_brought_goes_with_what_it_was(
    pair: tuple[Place, Place], tmp_path: Path
) -> None:
    """It had come and was not noted, and is gone at the source before anybody looks again."""
    (tmp_path / "from" / "a").write_bytes(b"a")
    passed(pair, tmp_path)
    killed_in_a_pass(tmp_path / "state.sqlite")
    (tmp_path / "to" / "paper").write_bytes(b"had come")
    (tmp_path / "to" / "folder" / "below").mkdir(parents=True)
    (tmp_path / "to" / "left-out.tmp").write_bytes(b"nobody's business")
    passed(pair, tmp_path, without=("*.tmp",))
    assert sorted(path.name for path in (tmp_path / "to").iterdir()) == ["a", "left-out.tmp"]


def test_on_the_way_home_the_host_of_today_keeps_what_is_its_own(legacy: Server, tmp_path: Path) -> None:
    """A run that was to bring home what was written since was killed."""
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "a").write_bytes(b"a")
    with moving(legacy.login, tmp_path) as moved:
        copied(moved, tmp_path)
        moved.arm(Deadline(60.0))
        killed_in_a_pass(moved.directory / BACK)
        (tmp_path / "from" / "its-own").write_bytes(b"kept")
        (tmp_path / "to" / "late").write_bytes(b"written there")
        moved.bring_back()
        moved.clean_up()
    assert (tmp_path / "from" / "its-own").read_bytes() == b"kept"
    assert (tmp_path / "from" / "late").read_bytes() == b"written there"
    let_go(tmp_path)


def killed_in_a_pass(place: Path) -> None:
    """As far as is known, a pass has begun, and did not come to its end."""
    with closing(State(place)) as state:
        assert not state.interrupted()


def test_a_directory_that_cannot_be_read_is_not_taken_for_an_empty_one(
    pair: tuple[Place, Place], tmp_path: Path
) -> None:
    folder = tmp_path / "from" / "folder"
    folder.mkdir()
    (folder / "kept").write_bytes(b"kept")
    passed(pair, tmp_path)
    done = Passed()
    done.miss(b"folder", "Input/output error")
    assert done.below_unread(b"folder/kept")
    assert not done.below_unread(b"folders")


@BOTH_WAYS
def test_a_copy_that_was_spoilt_comes_anew(pair: tuple[Place, Place], tmp_path: Path) -> None:
    path = tmp_path / "from" / "big"
    path.write_bytes(os.urandom(3 * MIB))
    passed(pair, tmp_path)
    os.truncate(tmp_path / "to" / "big", MIB)
    with path.open("r+b") as stream:
        stream.write(b"changed")
    first = passed(pair, tmp_path)
    assert "was spoilt" in first.unread["big"]
    passed(pair, tmp_path)
    assert differences(pair) == []


@pytest.mark.parametrize("touched", ["its mode", "its content", "nothing in it"])
@pytest.mark.parametrize("link", [False, True])
def test_a_copy_that_was_taken_away_comes_anew(
    pair: tuple[Place, Place], tmp_path: Path, touched: str, link: bool
) -> None:
    path, copy = tmp_path / "from" / "big", tmp_path / "to" / "big"
    path.write_bytes(os.urandom(3 * MIB))
    passed(pair, tmp_path)
    copy.unlink()
    if link:
        copy.symlink_to("elsewhere")
    if touched == "its mode":
        path.chmod(0o600)
    else:
        with path.open("r+b") as stream:
            stream.write(b"changed" if touched == "its content" else path.read_bytes()[:7])
    assert "taken away" in passed(pair, tmp_path).unread["big"]
    passed(pair, tmp_path)
    assert differences(pair) == []


def test_what_lies_at_the_name_aside_is_not_followed(pair: tuple[Place, Place], tmp_path: Path) -> None:
    path, outside = tmp_path / "from" / "a", tmp_path / "outside"
    path.write_bytes(b"one")
    outside.write_bytes(b"not ours")
    passed(pair, tmp_path)
    state = State(tmp_path / "state.sqlite")
    aside = state.prefix + hashlib.blake2b(b"a", digest_size=12).hexdigest()
    state.close()
    (tmp_path / "to" / aside).symlink_to(outside)
    path.write_bytes(b"two")
    passed(pair, tmp_path)
    assert outside.read_bytes() == b"not ours"
    assert (tmp_path / "to" / "a").read_bytes() == b"two"


def test_names_that_look_like_ours_come_over(pair: tuple[Place, Place], tmp_path: Path) -> None:
    (tmp_path / "from" / ".govcloud-notes").write_bytes(b"theirs")
    passed(pair, tmp_path)
    assert (tmp_path / "to" / ".govcloud-notes").read_bytes() == b"theirs"


def test_names_that_look_the_same_are_told_apart(pair: tuple[Place, Place], tmp_path: Path) -> None:
    (tmp_path / "from" / os.fsdecode(b"\xff")).write_bytes(b"x")
    (tmp_path / "from" / "\\xff").write_bytes(b"x")
    passed(pair, tmp_path)
    (tmp_path / "to" / "\\xff").unlink()
    assert any("is missing" in line for line in differences(pair))


def test_a_root_keeps_its_owners_numbers_whatever_they_are_called_here(
    pair: tuple[Place, Place], tmp_path: Path
) -> None:
    there, here = (replace(place, numeric=True) for place in pair)
    (path := Path(os.fsdecode(there.root)) / "owned").write_text("kept")
    nobody = pwd.getpwnam("nobody")
    os.chown(path, nobody.pw_uid, 4711)
    with closing(State(tmp_path / "state.sqlite")) as state:
        scan(there, state, (), Passed())
        assert {(now["user"], now["group"]) for now, *_ in state.entries()} == {("", "")}
    passed((there, here), tmp_path)
    found = (Path(os.fsdecode(here.root)) / "owned").stat()
    assert (found.st_uid, found.st_gid) == (nobody.pw_uid, 4711)
    assert differences((there, here)) == []
