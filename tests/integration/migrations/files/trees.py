"""A tree with one of everything that a tree may hold, brought over and compared."""

from __future__ import annotations

import os
import struct
from pathlib import Path

from govcloud.migrations.files import Passed, Place, State, bring_over, compare
from govcloud.migrations.pace import Pace
from govcloud.progress import Silent

MIB = 1024 * 1024
CAPABILITY = struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0)
"""cap_net_bind_service, effective."""
# user::rw-, user:1000:rw-, group::r--, mask::rw-, other::r--
ACL = struct.pack(
    "<I" + "HHI" * 5,
    2,
    1,
    6,
    -1 & 0xFFFFFFFF,
    2,
    6,
    1000,
    4,
    4,
    -1 & 0xFFFFFFFF,
    16,
    6,
    -1 & 0xFFFFFFFF,
    32,
    4,
    -1 & 0xFFFFFFFF,
)


def furnished(root: Path) -> None:
    """A tree with one of everything that a tree may hold."""
    (root / "公告").mkdir()
    (root / "公告" / "开庭 \n公告.txt").write_text("开庭" * 50_000)
    (root / os.fsdecode(b"bad-\xff-name")).write_bytes(b"x")
    (root / ("n" * 255)).write_bytes(b"long")
    (root / "-rf").write_bytes(b"leading dash")
    (root / "empty").touch()
    (root / "big").write_bytes(os.urandom(5 * MIB + 123))
    with (root / "holes").open("wb") as stream:
        stream.truncate(20 * MIB)
        stream.seek(10 * MIB + 5)
        stream.write(b"in the middle")
    (root / "private").write_bytes(b"secret")
    (root / "private").chmod(0o600)
    os.chown(root / "private", 1000, 1000)
    (root / "setuid").write_bytes(b"#!")
    (root / "setuid").chmod(0o4755)
    os.setxattr(root / "setuid", "security.capability", CAPABILITY)
    os.link(root / "big", root / "公告" / "the same")
    (root / "link").symlink_to("公告/开庭 \n公告.txt")
    (root / "dangling").symlink_to("/nowhere/at/all")
    (root / "closed").mkdir(mode=0o500)
    os.setxattr(root / "empty", "user.note", b"\x00 bytes")
    os.setxattr(root / "empty", "system.posix_acl_access", ACL)
    (root / "deep").joinpath(*["d" * 200] * 15).mkdir(parents=True)
    for path in (root / "big", root / "empty", root / "公告", root):
        os.utime(path, ns=(1_300_000_000_123_456_789, 1_300_000_000_123_456_789))


def passed(
    pair: tuple[Place, Place], tmp_path: Path, last: bool = False, without: tuple[str, ...] = ()
) -> Passed:
    state = State(tmp_path / "state.sqlite")
    try:
        return bring_over(*pair, state, without, Pace(), Silent(), last)
    finally:
        state.close()


def differences(pair: tuple[Place, Place]) -> list[str]:
    return list(compare(*pair, ())["differences"])
