"""The guest image of the lab: Debian 12 as one ext4 file system, with the roles' packages baked in."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

from govcloud.lab.builds import build_once, digest
from govcloud.lab.commands import bound_to_us, run

_SUITE = "bookworm"
_SIZE = 2 * 1024**3
_LEFT_OUT = (
    "/usr/share/man/*",
    "/usr/share/locale/*",
    "/usr/share/info/*",
    "/usr/share/doc/*",
    # PostgreSQL runs without its just-in-time compiler, which is a quarter of the image.
    "/usr/lib/llvm-14/*",
    "/usr/lib/x86_64-linux-gnu/libLLVM*",
    "/usr/lib/postgresql/15/lib/llvmjit*",
    "/usr/lib/postgresql/15/lib/bitcode/*",
)
_ON = ("systemd-networkd.service", "checksum-offload-off.service", "ssh.service")
_OFF = (
    "nginx.service",
    "postgresql.service",
    "mariadb.service",
    "chrony.service",
    "nftables.service",
    "rsyslog.service",
)
_NEVER = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "fstrim.timer",
    "console-getty.service",
    "systemd-networkd-wait-online.service",
    "systemd-timesyncd.service",
)
# Made anew by each guest, so that no two share an identity and none bears the building machine's.
_PER_GUEST = ("etc/ssh/ssh_host_*", "var/lib/dbus/machine-id", "var/lib/systemd/random-seed", "var/log/*.log")
_FIRST = "/usr/local/sbin/guest-init"
_REPLACED = {"etc/machine-id": "", "etc/hostname": "guest\n", "etc/resolv.conf": ""}


def guest_image() -> Path:
    """The image file: qcow2, bare container, one file system without partitions; built on first use."""
    return build_once("guest", _key(), _build) / "guest.qcow2"


def guest_packages() -> tuple[str, ...]:
    """The Debian packages baked into the image."""
    lines = (_data() / "packages.txt").read_text().splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def _data() -> Path:
    return Path(str(resources.files("govcloud.lab") / "guest"))


def _key() -> str:
    files = sorted(path for path in _data().rglob("*") if path.is_file())
    contents = [part for path in files for part in (str(path.relative_to(_data())), path.read_bytes())]
    return digest(
        repr((_SUITE, _SIZE, _LEFT_OUT, _ON, _OFF, _NEVER, _PER_GUEST, _REPLACED, _FIRST)), *contents
    )


def _build(directory: Path) -> None:
    tree = directory / "tree"
    _bootstrap(tree, directory / "build.log")
    _settle(tree)
    raw = directory / "guest.raw"
    with raw.open("wb") as file:
        file.truncate(_SIZE)
    run(["mke2fs", "-q", "-t", "ext4", "-m", "0", "-d", tree, raw])
    shutil.rmtree(tree)
    # Holes and compression: Glance digests and Nova fetches a tenth of what a raw image would be.
    run(["qemu-img", "convert", "-c", "-O", "qcow2", raw, directory / "guest.qcow2"])
    raw.unlink()


def _bootstrap(tree: Path, log: Path) -> None:
    without = [f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT]
    overlay = _data() / "overlay"
    words = ["mmdebstrap", "--mode=root", "--variant=minbase", f"--include={','.join(guest_packages())}"]
    # Laid down before the packages, so that what they set up at installation is set up as we want it.
    hooks = [f"--essential-hook=sync-in {overlay} /", "--dpkgopt=force-confold", "--dpkgopt=force-unsafe-io"]
    run(
        bound_to_us([*words, *without, *hooks, _SUITE, tree]),
        log=log,
        remedy="see that this machine reaches a Debian mirror, then run it again",
        seconds=1800,
    )


def _settle(tree: Path) -> None:
    for word, units in (("enable", _ON), ("disable", _OFF), ("mask", _NEVER)):
        run(["chroot", tree, "systemctl", "--quiet", word, *units])
    for pattern in _PER_GUEST:
        for path in tree.glob(pattern):
            path.unlink()
    (tree / "usr/sbin/init").unlink()
    (tree / "usr/sbin/init").symlink_to(_FIRST)
    for name, text in _REPLACED.items():
        (tree / name).unlink(missing_ok=True)
        (tree / name).write_text(text)
