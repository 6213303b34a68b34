"""Pulumi's backend of one plane, as every call of Pulumi's CLI needs it: settings, projects, state, locks."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from govcloud.engine.programs import pulumi_stack
from govcloud.engine.workdir import PlaneWork
from govcloud.local import listed, private_directory, write_private

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Backend:
    """One plane's backend; `stack` is always our name, `plane/stack`."""

    site: str
    work: PlaneWork

    def environment(self, provider: Mapping[str, str] | None = None) -> dict[str, str]:
        """What leads Pulumi's CLI here; with `provider`, also what attaches it to a provider that runs.

        The passphrase is named by its file: neither a process list nor a child's environment shows it.
        """
        return {
            "PULUMI_BACKEND_URL": self.work.state.resolve().as_uri(),
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.work.passphrase_file.resolve()),
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_HOME": str(private_directory(self.work.root / "pulumi-home").resolve()),
            **(provider or {}),
        }

    def project(self, stack: str) -> Path:
        """The directory that Pulumi's CLI works in for a stack, with the project file that it looks for."""
        directory = private_directory(self.work.projects / pulumi_stack(stack))
        file = directory / "Pulumi.yaml"
        text = yaml.safe_dump({"name": self.site, "runtime": "python", "main": str(directory)})
        # Left alone where it is right: an engine may be reading it.
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            write_private(file, text)
        return directory

    def knows(self, stack: str) -> bool:
        """Whether the stack has a state."""
        return self._checkpoint(stack).exists()

    def begin(self, stack: str) -> None:
        """Give a stack an empty state; `pulumi stack init` does the same in a process of its own.

        The engine chooses the salt of the stack's secrets when it first writes.
        """
        whole = f"organization/{self.site}/{pulumi_stack(stack)}"
        path = self._checkpoint(stack)
        private_directory(path.parent)
        write_private(path, json.dumps({"version": 3, "checkpoint": {"stack": whole}}))

    def _checkpoint(self, stack: str) -> Path:
        return self._own / "stacks" / self.site / f"{pulumi_stack(stack)}.json"

    def locks(self) -> list[Path]:
        """The locks that engines hold, or have left."""
        return [lock for lock in _below(self._own / "locks") if lock.suffix == ".json"]

    def clear_stale_locks(self) -> None:
        """Remove what runs that are dead have left locked; only whoever holds the plane's lease may."""
        for lock in self.locks():
            log.warning("removing %s, left by a run that ended early", lock.name)
            lock.unlink()

    @property
    def _own(self) -> Path:
        """What Pulumi keeps; looking into it makes nothing."""
        return self.work.root / "state" / ".pulumi"


def _below(directory: Path) -> list[Path]:
    """Every file below a directory."""
    return [file for entry in listed(directory) for file in (_below(entry) if entry.is_dir() else [entry])]
