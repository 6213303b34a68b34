"""A plane's secrets, by name: a private file that the plane alone reads, or a command that knows them."""

from __future__ import annotations

import secrets
import stat
import subprocess
from pathlib import Path

import yaml

from govcloud.engine.workdir import PlaneWork
from govcloud.errors import ToolkitError, Where
from govcloud.local import write_private
from govcloud.topology.common import Secrets

SECONDS = 30
PASSPHRASE = "state-passphrase"  # noqa: S105 - a secret's name


class SecretSource:
    """Names to secrets: from a file in the plane's directory, filled as names are first used, or a command.

    The command is called with the plane and the name behind its own words, and prints the secret.
    """

    def __init__(self, work: PlaneWork, source: Secrets) -> None:
        self._work = work
        self._command = source.command
        self._path: Path = work.root / (source.file or "secrets.yaml")
        self._values = {} if source.command else self._load()

    def _load(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        mode = stat.S_IMODE(self._path.stat().st_mode)
        if mode & 0o077:
            raise ToolkitError(
                f"others may read it (mode {mode:o})", Where(self._path), f"chmod 600 {self._path}"
            )
        try:
            loaded = yaml.safe_load(self._path.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError):
            # The parser's own words would show what stands there.
            loaded = None
        if not isinstance(loaded, dict) or not all(isinstance(v, str) for v in loaded.values()):
            raise ToolkitError(
                "it must map names to strings", Where(self._path), "one line a secret: name: value"
            )
        return loaded

    def value(self, name: str) -> str:
        """The secret of that name; from a file, a new one is made, and kept, where there is none."""
        if name not in self._values:
            if self._command:
                self._values[name] = self._asked(self._command, name)
            else:
                self._keep(name, secrets.token_urlsafe(24))
        return self._values[name]

    def rotate(self, name: str) -> None:
        """Make a new secret of that name; what a command knows is not ours to change."""
        if self._command:
            raise ToolkitError(
                f"{name} comes from a command", "secrets", "change it where the command takes it from"
            )
        self._keep(name, secrets.token_urlsafe(24))

    def _keep(self, name: str, value: str) -> None:
        self._values[name] = value
        write_private(self._path, yaml.safe_dump(self._values, allow_unicode=True))

    def _asked(self, command: tuple[str, ...], name: str) -> str:
        words = [*command, self._work.plane, name]
        where = f"secrets: {command[0]}"
        try:
            done = subprocess.run(words, capture_output=True, check=False, timeout=SECONDS, text=True)
        except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as error:
            raise ToolkitError(
                f"it did not give {name}: {type(error).__name__}", where, "mend `secrets` in site.yaml"
            ) from error
        value = done.stdout.removesuffix("\n")
        if done.returncode != 0 or not value:
            # What it printed may be the secret, or a part of one.
            raise ToolkitError(
                f"it ended with {done.returncode} and gave no {name}", where, "run it by hand and see"
            )
        return value

    def passphrase_file(self) -> Path:
        """The file with the key of the state's secrets; what a command knows is the same on every machine."""
        if self._command:
            path = self._work.root / "passphrase"
            text = self.value(PASSPHRASE)
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                write_private(path, text)
        return self._work.passphrase_file
