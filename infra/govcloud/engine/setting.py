"""All that a run over one plane works with, put together once."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from govcloud.engine.backend import Backend
from govcloud.engine.keys import operator_key
from govcloud.engine.programs import declare
from govcloud.engine.runner import Runner
from govcloud.engine.secret_source import SecretSource
from govcloud.engine.state import StackState, held_in, read_state
from govcloud.engine.stores import Store, open_store
from govcloud.engine.workdir import PlaneWork
from govcloud.errors import ToolkitError
from govcloud.local import code_digest
from govcloud.provider import KINDS, Cloud, Declared, Host, Intents, Permits, Session
from govcloud.provider.markers import digest
from govcloud.stacks import Secret, Stack, Supplied, Value
from govcloud.topology.common import Secrets
from govcloud.topology.plane import ChangeControl

NO_ENGINE = Path("/nonexistent")
"""In the place of Pulumi's directory, for what needs none of its engines."""
NO_APPROVALS = ChangeControl()
FROM_A_FILE = Secrets(file="secrets.yaml")


@dataclass(frozen=True)
class Setting:
    """One plane's stacks, its work on this machine, and what runs it."""

    site: str
    plane: str
    stacks: tuple[Stack, ...]
    work: PlaneWork
    pulumi_root: Path
    image_files: Mapping[str, Path]
    control: ChangeControl = NO_APPROVALS
    state_url: str | None = None
    secrets: Secrets = FROM_A_FILE

    @cached_property
    def store(self) -> Store:
        """Where the plane's state lies."""
        return open_store(self.state_url, self.work.state)

    @cached_property
    def backend(self) -> Backend:
        """The plane's Pulumi backend."""
        SecretSource(self.work, self.secrets).passphrase_file()
        return Backend(self.site, self.work, self.store)

    def state(self) -> dict[str, StackState]:
        """What the state holds now, by stack."""
        return read_state(self.store, self.site)

    def emptied(self) -> Setting:
        """The same plane with nothing declared: what `plan --destroy` compares with."""
        return replace(self, stacks=tuple(replace(stack, resources=()) for stack in self.stacks))

    def own(self, names: Sequence[str]) -> list[str]:
        """Those of several planes' stacks or addresses that lie in this plane."""
        return [name for name in names if name.startswith(f"{self.plane}/")]

    @cached_property
    def declared(self) -> dict[str, Declared]:
        """Every declared resource by its address."""
        return declare(self.stacks, _Supplies(self.work, self.secrets))

    @cached_property
    def topology_digest(self) -> str:
        """A digest of all that is declared, secrets by their names alone, and of how many must sign."""
        stacks = [
            [stack.name, stack.depends_on, [_outline(one) for one in stack.resources], stack.retired]
            for stack in self.stacks
        ]
        return digest([stacks, self.control.signatures])

    @cached_property
    def _cloud(self) -> Cloud:
        """The cloud, logged in to once: plan, apply and count each take a session of their own on it."""
        cloud = Cloud(self.plane, self.work.clouds_file, self.image_files)
        cloud.login()
        return cloud

    @contextlib.contextmanager
    def running(
        self,
        message: str,
        state: Mapping[str, StackState],
        permits: Permits | None = None,
        intents: Intents | None = None,
        may_write: Callable[[], None] = lambda: None,
        adopts_only: bool = False,
    ) -> Iterator[tuple[Session, Runner]]:
        """A session on the cloud, served to engines, with its lists already on their way."""
        session = Session(
            self.site, self._cloud, self.declared, intents, permits, may_write, held_in(state), adopts_only
        )
        declared = {KINDS[one.kind] for one in self.declared.values()}
        session.snapshot.prefetch(kind for kind in declared if kind.listed)
        with Host(session) as host:
            yield session, Runner(self.backend, self.pulumi_root, host.environment, message)

    @contextlib.contextmanager
    def looking(self, state: Mapping[str, StackState]) -> Iterator[Session]:
        """A session that only looks, at every kind there is."""
        session = Session(self.site, self._cloud, self.declared, held=held_in(state))
        session.snapshot.prefetch(kind for kind in KINDS.values() if kind.listed)
        try:
            yield session
        finally:
            session.snapshot.close()


@dataclass(frozen=True)
class _Supplies:
    """Secrets and keys from the plane's own directory."""

    work: PlaneWork
    secrets: Secrets

    def secret(self, name: str) -> str:
        """The secret of that name."""
        return SecretSource(self.work, self.secrets).value(name)

    def supplied(self, name: str) -> str:
        """The public value of that name: a file in the plane's directory, or the operator's key."""
        path = self.work.root / "supplied" / name
        if not path.is_file() and name == "operator_public_key":
            path = operator_key(self.work).with_suffix(".pub")
        if not path.is_file():
            raise ToolkitError(f"the plane has no {name}", str(path), "put a file with the value there")
        return path.read_text(encoding="utf-8").strip()


def _outline(resource: Any) -> list[Any]:
    properties = {name: _shape(value) for name, value in resource.properties.items()}
    coming = [list(resource.moved_from), resource.rebuild, resource.existing]
    return [resource.kind, resource.name, properties, list(resource.depends_on), coming]


def _shape(value: Value) -> Any:
    if isinstance(value, (Secret, Supplied)):
        return {type(value).__name__: value.name}
    if isinstance(value, tuple):
        return [_shape(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _shape(item) for key, item in value.items()}
    return value


@functools.cache
def tool_digest() -> str:
    """What made a plan: the package's version and a digest of its code and its page."""
    root = Path(__file__).parent.parent
    return code_digest([root / name for name in ("engine", "evidence", "provider", "stacks", "topology")])
