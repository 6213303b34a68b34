"""Big things that are built once: aside, then renamed, under the digest of what they are made from."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_DIGEST_LENGTH = 16


def cache_root(environment: Mapping[str, str] = os.environ) -> Path:
    """Where built things are kept: `GOVCLOUD_CACHE`, else `govcloud` in the user's cache; `lab` below it."""
    if chosen := environment.get("GOVCLOUD_CACHE"):
        return Path(chosen).absolute() / "lab"
    caches = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches).absolute() / "govcloud" / "lab"


def digest(*parts: bytes | str) -> str:
    """A short digest of everything a built thing is made from."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        whole.update(len(data).to_bytes(8, "big") + data)
    return whole.hexdigest()[:_DIGEST_LENGTH]


def is_built(name: str, key: str, root: Path | None = None) -> bool:
    """Whether `build_once` would find it made."""
    return ((root or cache_root()) / f"{name}-{key}").is_dir()


def build_once(name: str, key: str, make: Callable[[Path], None], root: Path | None = None) -> Path:
    """The directory `<root>/<name>-<key>`, made by `make` in a directory aside unless it stands.

    `make` receives an empty directory. Older makes of the same name stay: a cloud may run from them.
    """
    home = root or cache_root()
    built = home / f"{name}-{key}"
    if built.is_dir():
        return built
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(home / f".{name}.lock"):
        if not built.is_dir():
            _make_aside(built, name, make)
    return built


def _make_aside(built: Path, name: str, make: Callable[[Path], None]) -> None:
    aside = built.with_name(f".{name}.partial")
    shutil.rmtree(aside, ignore_errors=True)  # what a killed build left
    aside.mkdir(mode=0o700)
    try:
        make(aside)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    aside.rename(built)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # the kernel lets go of it when this process ends, however it ends
        yield
