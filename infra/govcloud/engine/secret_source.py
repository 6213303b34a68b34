"""A plane's secrets, by name: a private file that the plane alone reads, filled as names are first used."""

from __future__ import annotations

import secrets
import stat
from pathlib import Path

import yaml

from govcloud.engine.workdir import PlaneWork
from govcloud.errors import ToolkitError, Where
from govcloud.local import write_private


class SecretSource:
    """Names to secrets, from `secrets.yaml` in the plane's directory."""

    def __init__(self, work: PlaneWork) -> None:
        self._path: Path = work.root / "secrets.yaml"
        self._values = self._load()

    def _load(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        mode = stat.S_IMODE(self._path.stat().st_mode)
        if mode & 0o077:
            raise ToolkitError(
                f"others may read it (mode {mode:o})", Where(self._path), f"chmod 600 {self._path}"
            )
        loaded = yaml.safe_load(self._path.read_text(encoding="utf-8"))
        if not isinstance(loaded, dict) or not all(isinstance(v, str) for v in loaded.values()):
            raise ToolkitError(
                "it must map names to strings", Where(self._path), "one line a secret: name: value"
            )
        return loaded

    def value(self, name: str) -> str:
        """The secret of that name; a new one is made, and kept, where there is none."""
        if name not in self._values:
            self._values[name] = secrets.token_urlsafe(24)
            write_private(self._path, yaml.safe_dump(self._values, allow_unicode=True))
        return self._values[name]
