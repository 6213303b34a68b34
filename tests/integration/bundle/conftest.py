"""A bundle of the small site, made here and installed where there is no network at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
HERE = Path(sys.executable).with_name("govcloud")
BARE = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
"""What a machine without our environment gives to a command."""


@dataclass(frozen=True)
class Bundle:
    """A bundle that was made, and who is trusted to have signed it."""

    folder: Path
    said: dict[str, Any]

    @property
    def archive(self) -> Path:
        """The archive."""
        return Path(self.said["archive"])

    @property
    def trust(self) -> list[str]:
        """The options that say whose signature counts."""
        return ["--allowed-signers", str(self.folder / "allowed_signers")]


@dataclass(frozen=True)
class Gap:
    """A network namespace in which there is nothing."""

    name: str

    def start(self, words: Sequence[str | Path]) -> subprocess.Popen[str]:
        """Start a command there, with nothing of our environment."""
        inside = ["ip", "netns", "exec", self.name, *map(str, words)]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            inside, stdout=pipe, stderr=pipe, text=True, env=BARE, cwd="/", start_new_session=True
        )

    def run(self, *words: str | Path, code: int = 0) -> str:
        """Run a command there to its end; what it said on stdout."""
        with self.start(words) as process:
            said, complained = process.communicate(timeout=300)
        assert process.returncode == code, f"{words}: {said}{complained}"
        return said


def create(folder: Path, name: str) -> dict[str, Any]:
    words = [
        HERE,
        "bundle",
        "create",
        "--inventory",
        ROOT / "inventories" / "minimal",
        "--work",
        folder / "work",
    ]
    words += ["--key", folder / "key", "--output", folder / name, "--format", "json"]
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    return dict(json.loads(said.stdout))


@pytest.fixture(scope="session")
def bundle() -> Iterator[Bundle]:
    """The bundle of the small site, signed by a new key."""
    with tempfile.TemporaryDirectory(prefix="govcloud-test-") as directory:
        folder = Path(directory)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"], check=True)
        public = (folder / "key.pub").read_text()
        (folder / "allowed_signers").write_text(f'officer namespaces="govcloud-bundle" {public}')
        yield Bundle(folder, create(folder, "small.tar"))


@pytest.fixture(scope="session")
def gap() -> Iterator[Gap]:
    """An empty namespace of our own."""
    name = f"govcloud-gap-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    yield Gap(name)
    subprocess.run(["ip", "netns", "delete", name], check=True)


def installer(bundle: Bundle, prefix: Path) -> list[str | Path]:
    """What a person types on a machine that has nothing but Debian's Python."""
    return [
        "/usr/bin/python3",
        "-I",
        bundle.said["installer"],
        "install",
        bundle.archive,
        prefix,
        *bundle.trust,
    ]


@pytest.fixture(scope="session")
def installed(bundle: Bundle, gap: Gap) -> Path:
    """The program that was installed in the gap, after the installation had been killed twice on its way."""
    prefix = bundle.folder / "prefix"
    for seconds in (0.6, 3.0):
        with gap.start(installer(bundle, prefix)) as process:
            time.sleep(seconds)
            os.killpg(process.pid, signal.SIGKILL)
        assert process.returncode in (0, -signal.SIGKILL)
        assert (prefix / "current").exists() == (process.returncode == 0)
    said = gap.run(*installer(bundle, prefix))
    assert said == f"next: {prefix}/current/bin/govcloud topology validate\n"
    assert [path.name for path in (prefix / "releases").iterdir() if not path.name.startswith(".lock")] == [
        bundle.said["digest"][:16]
    ]
    return prefix / "current" / "bin" / "govcloud"
