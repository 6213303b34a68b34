"""Whatever is spoilt in a tree that came over is found."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from govcloud.migrations.files import Place
from govcloud.migrations.remote import Host
from integration.migrations.files.trees import MIB, differences, furnished, passed
from integration.migrations.sshd import Server

SPOILT = {
    "one bit": lambda root: _flip(root / "big", 3 * MIB),
    "a byte, with size and time kept": lambda root: _flip(root / "big", 7, keep=True),
    "a mode": lambda root: (root / "-rf").chmod(0o600),
    "an owner": lambda root: os.chown(root / "-rf", 1000, 0),
    "a time": lambda root: os.utime(root / "-rf", (1, 1)),
    "an attribute": lambda root: os.setxattr(root / "empty", "user.note", b"other"),
    "an access list": lambda root: os.removexattr(root / "empty", "system.posix_acl_access"),
    "a hard link that is a copy": lambda root: _copied(root),
    "a link's target": lambda root: _led_elsewhere(root / "link"),
    "a missing file": lambda root: (root / "-rf").unlink(),
    "a file more": lambda root: (root / "more").touch(),
    "a name in another form": lambda root: (root / "公告").rename(root / "公告́"),
    "a capability": lambda root: os.removexattr(root / "setuid", "security.capability"),
    "setuid": lambda root: (root / "setuid").chmod(0o755),
    "a directory's time": lambda root: os.utime(root / "公告", (1, 1)),
}


def _flip(path: Path, at: int, keep: bool = False) -> None:
    status = path.stat()
    with path.open("r+b") as stream:
        stream.seek(at)
        byte = stream.read(1)
        stream.seek(at)
        stream.write(bytes([byte[0] ^ 1]))
    if keep:
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _copied(root: Path) -> None:
    content, status = (root / "big").read_bytes(), (root / "big").stat()
    (root / "big").unlink()
    (root / "big").write_bytes(content)
    os.utime(root / "big", ns=(status.st_atime_ns, status.st_mtime_ns))


def _led_elsewhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("elsewhere")


@pytest.fixture(scope="module")
def brought(
    legacy: Server, store: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Place, Place]]:
    """A tree that came over, and a copy of the copy, in which nothing differs yet."""
    folder = tmp_path_factory.mktemp("brought")
    (folder / "from").mkdir()
    furnished(folder / "from")
    with Host(legacy.login) as there, Host(store.login) as here:
        source, target = (Place(h, os.fsencode(folder / n)) for h, n in ((there, "from"), (here, "to")))
        passed((source, target), folder)
        copied = copy_of(target, folder / "copy")
        assert differences((source, copied)) == []
        yield source, target


def copy_of(place: Place, to: Path) -> Place:
    subprocess.run(["cp", "-a", os.fsdecode(place.root), str(to)], check=True)
    return replace(place, root=os.fsencode(to))


@pytest.mark.parametrize("kind", SPOILT)
def test_one_spoilt_thing_is_found(brought: tuple[Place, Place], tmp_path: Path, kind: str) -> None:
    source, target = brought
    root = tmp_path / "copy"
    copied = copy_of(target, root)
    times = {path: path.stat() for path in (root, root / "公告")}
    SPOILT[kind](root)
    for path, status in times.items():
        # The directory's own time must not be what gives it away.
        if kind != "a directory's time" and path.exists():
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert differences((source, copied)) != []
