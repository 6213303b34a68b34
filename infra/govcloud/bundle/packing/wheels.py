"""The wheels in a bundle: all that govcloud runs on, with the versions and hashes of the lock files."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from govcloud.bundle.commands import run
from govcloud.bundle.fitting import Target
from govcloud.errors import ToolkitError
from govcloud.lab.builds import build_once, digest
from govcloud.local import cache_directory

LOCKS = ("requirements.lock", "bootstrap.lock")
INSTALLER = "uv"
_PINNED = re.compile(
    r"^([A-Za-z0-9._-]+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)
_REMEDY = "run `./dev setup`, so that the environment is the lock's"
_SECONDS = 1800


def wheels(root: Path, target: Target) -> list[Path]:
    """Every wheel but govcloud's own; downloaded on first use and kept under the digest of the request."""
    wanted = requirements(root)
    key = digest(wanted, target.machine, target.python)
    kept = build_once("wheels", key, lambda folder: _download(wanted, folder), cache_directory() / "bundle")
    return sorted(kept.glob("*.whl"))


def requirements(root: Path) -> str:
    """What to download: every distribution that govcloud needs here to run, pinned and with its hashes."""
    pinned = _pinned((root / name).read_text(encoding="utf-8") for name in LOCKS)
    lines = []
    for name, version in sorted({**closure("govcloud"), INSTALLER: pinned[INSTALLER][0]}.items()):
        locked, hashes = pinned.get(name, ("", ""))
        if locked != version:
            what = f"{name} is installed in version {version}, the lock has {locked or 'none'}"
            raise ToolkitError(what, LOCKS[0], _REMEDY)
        lines.append(f"{name}=={version} \\\n{hashes}")
    return "".join(lines)


def closure(name: str) -> dict[str, str]:
    """What a distribution needs to run on this machine, without itself: versions by name."""
    found: dict[str, str] = {}
    waiting: list[tuple[str, frozenset[str]]] = [(name, frozenset())]
    seen = set(waiting)
    while waiting:
        current, extras = waiting.pop()
        for needed in _needs(current, extras):
            found[needed[0]] = _distribution(needed[0]).version
            if needed not in seen:
                seen.add(needed)
                waiting.append(needed)
    return found


def pins(files: Iterable[Path]) -> str:
    """A requirements file that holds exactly these wheels, by their hashes."""
    lines = []
    for file in files:
        name, version, _, _ = parse_wheel_filename(file.name)
        lines.append(f"{name}=={version} --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n")
    return "".join(sorted(lines))


def _needs(name: str, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for text in _distribution(name).requires or []:
        needed = Requirement(text)
        if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras or {""}):
            yield canonicalize_name(needed.name), frozenset(needed.extras)


def _distribution(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError as error:
        raise ToolkitError(f"{name} is not installed here", "bundle", _REMEDY) from error


def _pinned(locks: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Version and hash lines of each requirement of the lock files, by name."""
    return {
        canonicalize_name(name): (version, hashes)
        for lock in locks
        for name, version, hashes in _PINNED.findall(lock)
    }


def _download(wanted: str, folder: Path) -> None:
    file = folder / "requirements.txt"
    file.write_text(wanted, encoding="utf-8")
    run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
            *("--require-hashes", "--only-binary", ":all:", "--dest", folder, "--requirement", file),
        ],
        "the wheels could not be downloaded",
        "see that this machine reaches a Python package index, then run it again",
        seconds=_SECONDS,
    )
