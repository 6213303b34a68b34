"""Pulumi's backend of one plane, as every call of Pulumi's CLI needs it: settings, projects, state, locks."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from govcloud.engine.programs import pulumi_stack
from govcloud.engine.stores import Store
from govcloud.engine.workdir import PlaneWork
from govcloud.local import private_directory, write_private

log = logging.getLogger(__name__)
META = ".pulumi/meta.yaml"
LOCKS = ".pulumi/locks/organization/"


@dataclass(frozen=True)
class Backend:
    """One plane's backend; `stack` is always our name, `plane/stack`."""

    site: str
    work: PlaneWork
    store: Store

    def environment(self, provider: Mapping[str, str] | None = None) -> dict[str, str]:
        """What leads Pulumi's CLI here; with `provider`, also what attaches it to a provider that runs.

        The passphrase is named by its file: neither a process list nor a child's environment shows it.
        """
        return {
            **self.store.environment,
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
        return self.store.read(self._checkpoint(stack)) is not None

    def begin(self, stack: str) -> None:
        """Give a stack that has none an empty state; `pulumi stack init` does so in a process of its own.

        The engine chooses the salt of the stack's secrets when it first writes.
        """
        # Without it Pulumi takes a place that holds a stack for one of an older form.
        self.store.create(META, b"version: 1\n")
        whole = f"organization/{self.site}/{pulumi_stack(stack)}"
        empty = json.dumps({"version": 3, "checkpoint": {"stack": whole}}).encode()
        self.store.create(self._checkpoint(stack), empty)

    def _checkpoint(self, stack: str) -> str:
        return f"{state_prefix(self.site)}{pulumi_stack(stack)}.json"

    def locks(self) -> list[str]:
        """The locks that engines hold, or have left, by their names in the store."""
        return [name for name in self.store.names(f"{LOCKS}{self.site}/") if name.endswith(".json")]

    def clear_stale_locks(self, stacks: Iterable[str]) -> None:
        """Remove what runs that are dead have left locked; only whoever holds the stacks' leases may."""
        ours = {pulumi_stack(stack) for stack in stacks}
        for name in self.locks():
            if name.split("/")[-2] in ours:
                log.warning("removing the lock of %s, left by a run that ended early", name.split("/")[-2])
                self.store.delete(name)


def state_prefix(site: str) -> str:
    """Where Pulumi keeps the states of a site's stacks."""
    return f".pulumi/stacks/{site}/"
