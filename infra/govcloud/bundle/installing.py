"""Installing a bundle on a machine without a network: whole or not at all, and again without harm.

```
PREFIX/current -> releases/<digest>   switched last, in one step
PREFIX/releases/<digest>/             bin/govcloud, venv, pulumi, inventories, roles, debian, docs, …
PREFIX/work/<plane>/                  state, plans and keys; only `images/` in it is the bundle's
```
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from govcloud.bundle.archive import Sink
from govcloud.bundle.contents import MANIFEST, PULUMI, Manifest, Member
from govcloud.bundle.environment import make_environment
from govcloud.bundle.fitting import demand_room, demand_site, demand_target, target_of
from govcloud.bundle.verifying import STEP, Opened, Verified, discarded, opened
from govcloud.errors import ToolkitError
from govcloud.evidence import Trust
from govcloud.local import listed, private_directory, write_private
from govcloud.progress import Progress

DIGITS = 16
"""How much of a bundle's digest names its release."""
CURRENT = "current"
_STARTER = """\
#!/bin/sh
# What is set before is kept; a run keeps the release that it began with when another is installed.
release=$(dirname -- "$(dirname -- "$(realpath -- "$0")")")
export GOVCLOUD_PULUMI="${{GOVCLOUD_PULUMI:-$release/{pulumi}}}"
export GOVCLOUD_INVENTORY="${{GOVCLOUD_INVENTORY:-$release/inventories/{site}}}"
export GOVCLOUD_WORK="${{GOVCLOUD_WORK:-$(dirname -- "$(dirname -- "$release")")/work}}"
exec "$release/venv/bin/govcloud" "$@"
"""


@dataclass(frozen=True)
class Installed:
    """An installation: where it is, what it was made from, and whether it had been there already."""

    prefix: Path
    release: Path
    verified: Verified
    was_there: bool

    @property
    def program(self) -> Path:
        """What to run; it stays the same when another bundle is installed."""
        return self.prefix / CURRENT / "bin" / "govcloud"


def install(
    archive: Path,
    prefix: Path,
    trust: Trust,
    at: datetime,
    progress: Progress,
    *,
    python: Path,
    site: str | None = None,
) -> Installed:
    """Verify a bundle and install it below `prefix`; killed anywhere and run again, it ends the same.

    Nothing of `prefix` has changed when a ToolkitError says that the bundle is not to be had: not signed, not
    whole, for another site, machine or Python, or too large for the disk.
    """
    prefix = prefix.absolute()
    with opened(archive, trust, at) as bundle:
        _demand_fit(bundle.manifest, prefix, archive, python, site)
        with _alone(prefix):
            release = prefix / "releases" / bundle.manifest.digest[:DIGITS]
            was_there = release.is_dir()
            if was_there:
                bundle.members(discarded, progress, STEP)
            else:
                _make_release(bundle, release, python, progress)
            _offer_images(bundle.manifest, release, prefix / "work")
            _switch(prefix, release)
    return Installed(prefix, release, bundle.verified, was_there)


def _demand_fit(manifest: Manifest, prefix: Path, archive: Path, python: Path, site: str | None) -> None:
    demand_site(manifest, site, str(archive))
    demand_site(manifest, _site_at(prefix), str(archive))
    demand_target(manifest, target_of(python), str(archive))
    if not (prefix / "releases" / manifest.digest[:DIGITS]).is_dir():
        demand_room(manifest, prefix)


def _site_at(prefix: Path) -> str | None:
    """The site of the installation that stands there; ToolkitError when something else does."""
    current = prefix / CURRENT / MANIFEST
    if current.is_file():
        return str(json.loads(current.read_bytes())["site"])
    taken = listed(prefix) and not (prefix / "releases").is_dir()
    if taken or (prefix.exists() and not prefix.is_dir()):
        raise ToolkitError("it holds other things", str(prefix), "name a new or an empty directory")
    return None


@contextlib.contextmanager
def _alone(prefix: Path) -> Iterator[None]:
    """The only installation below `prefix`; what a killed or a failed one left is cleared away."""
    made = not prefix.exists()
    releases = private_directory(private_directory(prefix) / "releases")
    with (releases / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ToolkitError("another installation is at work", str(prefix), "wait for it") from error
        _clear(releases)
        try:
            yield
        except BaseException:
            _clear(releases)
            if made and not (prefix / CURRENT).is_symlink():
                shutil.rmtree(prefix)
            raise


def _clear(releases: Path) -> None:
    for aside in releases.glob(".*.partial"):
        if aside.is_dir() and not aside.is_symlink():
            shutil.rmtree(aside)
        else:
            aside.unlink()


def _make_release(bundle: Opened, release: Path, python: Path, progress: Progress) -> None:
    """Unpack and set up beside the release's place, then move it there whole."""
    aside = release.with_name(f".{release.name}.partial")
    aside.mkdir(mode=0o700)
    with _Unpacking(aside) as unpacking:
        bundle.members(unpacking.sink, progress, "unpack the bundle")
    (aside / PULUMI).chmod(0o700)
    progress.step("install the wheels")
    make_environment(aside, python)
    shutil.rmtree(aside / "wheels")  # the archive has them; here they would be dead weight
    _write_starter(aside, bundle.manifest)
    write_private(aside / MANIFEST, bundle.manifest.text.decode())
    progress.done("install the wheels")
    os.sync()  # the name must not be on the disk before what it names
    aside.rename(release)


class _Unpacking:
    """Writes members below a new, private directory, one at a time."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files = contextlib.ExitStack()

    def __enter__(self) -> _Unpacking:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def sink(self, member: Member) -> Sink:
        """Where the content of this member goes; the one before is closed."""
        self._files.close()
        path = self._root / member.name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        return self._files.enter_context(os.fdopen(descriptor, "wb")).write


def _write_starter(root: Path, manifest: Manifest) -> None:
    starter = private_directory(root / "bin") / "govcloud"
    starter.write_text(_STARTER.format(pulumi=PULUMI, site=manifest.site))
    starter.chmod(0o700)


def _offer_images(manifest: Manifest, release: Path, work: Path) -> None:
    """Put each plane's image where its plans look for it: the same file where that is possible."""
    for image in manifest.images:
        source = release / image.member
        place = private_directory(private_directory(private_directory(work) / image.plane) / "images")
        target = place / f"{image.source}{source.suffix}"
        if target.exists() and target.samefile(source):
            continue
        aside = place / f".{target.name}.partial"
        aside.unlink(missing_ok=True)
        try:
            os.link(source, aside)
        except OSError:  # the work lies on another disk
            shutil.copyfile(source, aside)
        aside.replace(target)


def _switch(prefix: Path, release: Path) -> None:
    """Let `current` name the release, in one step."""
    aside = release.with_name(".current.partial")
    aside.unlink(missing_ok=True)
    aside.symlink_to(Path("releases") / release.name)
    aside.replace(prefix / CURRENT)
