"""The Debian packages in a bundle: what the roles and the control machine need, as a flat repository.

The machine's own apt chooses and downloads, so that its sources and their signing keys are what is trusted;
the index is the distribution's own entries with the place of each file changed.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

from govcloud.bundle.commands import run
from govcloud.errors import ToolkitError
from govcloud.lab.builds import build_once, digest
from govcloud.lab.image import guest_packages
from govcloud.local import cache_directory

CONTROL_MACHINE = ("ca-certificates", "openssh-client", "python3")
"""What govcloud itself needs beside its wheels: a Python, and OpenSSH for machines and signatures."""
INDEX = "Packages"
SUITE = "bookworm"
_REMEDY = "run `apt-get update` on a Debian 12 machine that reaches a Debian mirror, then run it again"
_CHOSEN = re.compile(r"^Inst (\S+) (?:\[\S+\] )?\((\S+) ", re.MULTILINE)
_FORM = "1"
"""How the repository is laid out: another form is another thing to keep."""
_SECONDS = 1800


@dataclass(frozen=True)
class DebianPackage:
    """A package as the distribution's index describes it; `entry` is that description."""

    name: str
    version: str
    architecture: str
    sha256: str
    entry: str

    @property
    def file(self) -> str:
        """The file's name in the archive of the distribution, and in ours."""
        found = re.search(r"^Filename: .*/([^/\n]+)$", self.entry, re.MULTILINE)
        if found is None:
            raise ToolkitError(f"apt does not say where {self.name} lies", "apt-cache", _REMEDY)
        return found[1]

    @property
    def downloaded(self) -> str:
        """The file's name as `apt-get download` writes it."""
        return f"{self.name}_{self.version.replace(':', '%3a')}_{self.architecture}.deb"

    @property
    def indexed(self) -> str:
        """Its entry in the repository's index."""
        return re.sub(r"^Filename: .*$", f"Filename: ./{self.file}", self.entry, flags=re.MULTILINE)


@dataclass(frozen=True)
class Repository:
    """A folder with an index and the files that it names."""

    folder: Path
    packages: tuple[DebianPackage, ...]


def repository() -> Repository:
    """The packages with all that they depend on; downloaded on first use, kept until a mirror has others."""
    chosen = _chosen()
    key = digest(_FORM, *(package.indexed for package in chosen))
    folder = build_once("debian", key, lambda folder: _download(chosen, folder), cache_directory() / "bundle")
    return Repository(folder, chosen)


def _chosen() -> tuple[DebianPackage, ...]:
    """What apt would install of them on a machine that has nothing: so nothing is taken to be there."""
    wanted = sorted({*guest_packages(), *CONTROL_MACHINE})
    simulate = [
        "apt-get",
        "install",
        "--simulate",
        "--no-install-recommends",
        "-o",
        f"Dir::State::status={os.devnull}",
    ]
    plain = {**os.environ, "LC_ALL": "C.UTF-8"}
    said = run([*simulate, *wanted], "apt could not choose the packages", _REMEDY, environment=plain)
    exact = [f"{name}={version}" for name, version in _CHOSEN.findall(said)]
    entries = run(["apt-cache", "show", *exact], "apt does not know the packages", _REMEDY, environment=plain)
    found = {(package.name, package.version): package for package in described(entries)}
    if len(found) != len(exact):
        raise ToolkitError(
            f"apt chose {len(exact)} packages and describes {len(found)}", "apt-cache", _REMEDY
        )
    return tuple(package for _, package in sorted(found.items()))


def described(entries: str) -> Iterator[DebianPackage]:
    """The packages that an index's entries describe; ToolkitError where one lacks what is needed."""
    for entry in entries.strip().split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z0-9-]+): (.*)$", entry, re.MULTILINE))
        try:
            names = fields["Package"], fields["Version"], fields["Architecture"], fields["SHA256"]
        except KeyError as missing:
            raise ToolkitError(
                f"apt describes a package without {missing}", "apt-cache", _REMEDY
            ) from missing
        yield DebianPackage(*names, entry)


def _download(packages: tuple[DebianPackage, ...], folder: Path) -> None:
    run(
        [
            "apt-get",
            "download",
            "-o",
            "APT::Sandbox::User=root",
            *(f"{p.name}={p.version}" for p in packages),
        ],
        "the Debian packages could not be downloaded",
        _REMEDY,
        directory=folder,
        seconds=_SECONDS,
    )
    for package in packages:
        file = folder / package.downloaded
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != package.sha256:
            raise ToolkitError(f"{package.file} is not what the index describes", "apt-get download", _REMEDY)
        # Without the epoch's colon, which apt, web servers and archives each escape in a way of their own.
        file.rename(folder / package.file)
    _write_index(packages, folder)


def _write_index(packages: tuple[DebianPackage, ...], folder: Path) -> None:
    index = ("\n\n".join(package.indexed for package in packages) + "\n").encode()
    (folder / INDEX).write_bytes(index)
    listed = f" {hashlib.sha256(index).hexdigest()} {len(index)} {INDEX}"
    release = f"Origin: govcloud\nDate: {formatdate(usegmt=True)}\nSHA256:\n{listed}\n"
    (folder / "Release").write_text(release, encoding="utf-8")
