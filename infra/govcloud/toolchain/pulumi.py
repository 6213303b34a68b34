"""Finding the Pulumi CLI: a setting, PATH, the cache, the official release, and last a build from source."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests

from govcloud.errors import ToolkitError
from govcloud.local import cache_directory, cache_place
from govcloud.progress import Progress
from govcloud.toolchain.go import build

VERSION = "3.259.0"
SETTING = "GOVCLOUD_PULUMI"
RELEASES = "https://get.pulumi.com/releases/sdk"
CONNECT_SECONDS = 5
READ_SECONDS = 60


@dataclass(frozen=True)
class Found:
    """A Pulumi CLI: `root/bin/pulumi`, and where it came from."""

    root: Path
    origin: str

    @property
    def binary(self) -> Path:
        """The program itself."""
        return self.root / "bin" / "pulumi"


def locate_pulumi() -> tuple[Path, str] | None:
    """Where the CLI of exactly our version lies, and how it was found; None when it must be fetched or built.

    Looking changes nothing. Raises ToolkitError when the setting names another version.
    """
    explicit = os.environ.get(SETTING)
    if explicit:
        return _explicit(Path(explicit)), SETTING
    for origin, program in (
        ("PATH", shutil.which("pulumi")),
        ("cache", _home(cache_place()) / "bin" / "pulumi"),
    ):
        if program and _version(Path(program)) == VERSION:
            return Path(program), origin
    return None


def find_pulumi(progress: Progress) -> Found:
    """The CLI of exactly our version; what cannot be found is fetched, what cannot be fetched is built."""
    located = locate_pulumi()
    if located is not None:
        program, origin = located
        return Found(_rooted(program), origin)
    home = _home(cache_directory())
    progress.step("pulumi")
    if not _made(home, _fetch):
        _made(home, build)
        origin = "built from source"
    else:
        origin = "official release"
    progress.done("pulumi")
    return Found(home, origin)


def _home(cache: Path) -> Path:
    return cache / "pulumi" / f"v{VERSION}"


def _explicit(program: Path) -> Path:
    version = _version(program)
    if version != VERSION:
        said = f"is version {version}" if version else "does not answer to `version`"
        raise ToolkitError(f"{program} {said}", SETTING, f"name Pulumi {VERSION}, or unset {SETTING}")
    return program


def _version(program: Path) -> str | None:
    if not program.is_file():
        return None
    try:
        said = subprocess.run(
            [str(program), "version"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return said.stdout.strip().removeprefix("v") if said.returncode == 0 else None


def _rooted(program: Path) -> Path:
    """A directory that holds the program as `bin/pulumi`, which is what the Automation API asks for."""
    program = program.absolute()
    if program.parent.name == "bin" and program.name == "pulumi":
        return program.parent.parent
    name = hashlib.sha256(str(program).encode()).hexdigest()[:12]
    link = cache_directory() / "pulumi" / f"linked-{name}" / "bin" / "pulumi"
    if not link.is_symlink():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(program)
    return link.parent.parent


def _made(home: Path, make: Callable[[str, Path], bool]) -> bool:
    """Make the program aside and move it into the cache whole; False when it cannot be had this way."""
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent) as aside:
        program = Path(aside) / "root" / "bin" / "pulumi"
        program.parent.mkdir(parents=True)
        if not make(VERSION, program):
            return False
        if _version(program) != VERSION:
            raise ToolkitError(f"what was made is not Pulumi {VERSION}", str(home), f"set {SETTING}")
        shutil.rmtree(home, ignore_errors=True)
        program.parent.parent.rename(home)
    return True


def _fetch(version: str, program: Path) -> bool:
    """The official archive, taken only if its SHA-256 is the one that the release publishes."""
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine())
    if machine is None:
        return False
    archive = f"pulumi-v{version}-linux-{machine}.tar.gz"
    timeout = (CONNECT_SECONDS, READ_SECONDS)
    try:
        sums = requests.get(f"{RELEASES}/pulumi-{version}-checksums.txt", timeout=timeout)
        sums.raise_for_status()
        content = requests.get(f"{RELEASES}/{archive}", timeout=timeout)
        content.raise_for_status()
    except requests.RequestException:
        return False
    expected = {line.split()[1]: line.split()[0] for line in sums.text.splitlines() if len(line.split()) == 2}
    if hashlib.sha256(content.content).hexdigest() != expected.get(archive):
        raise ToolkitError(
            f"{archive} does not have the checksum that its release publishes",
            RELEASES,
            f"something stands between; set {SETTING} to a program that you trust",
        )
    _unpack(content.content, program)
    return True


def _unpack(content: bytes, program: Path) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        with tarfile.open(file.name) as archive:
            member = archive.extractfile("pulumi/pulumi")
            if member is None:
                raise ToolkitError("the archive holds no pulumi/pulumi", RELEASES, f"set {SETTING}")
            program.write_bytes(member.read())
    program.chmod(0o755)
