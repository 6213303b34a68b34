"""What every store can do: named contents, written whole, with an atomic exchange and the store's own clock.

Names are those of Pulumi's self-managed backends, `.pulumi/…`; what is ours begins with `.govcloud/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from govcloud.errors import ToolkitError


@dataclass(frozen=True)
class Record:
    """A content with the version by which it can be exchanged; `age` is in seconds of the store's clock."""

    content: bytes
    version: str
    age: float


class StoreError(ToolkitError):
    """A store that cannot be reached, refuses, or is full."""


class Store(Protocol):
    """A plane's store. Every method raises StoreError where the store fails; None is only ever absence."""

    url: str
    """How the store is called, without any password."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What leads Pulumi to the same place."""

    def names(self, prefix: str) -> list[str]:
        """The names below a prefix, sorted, complete."""

    def read(self, name: str) -> bytes | None:
        """The content of that name; None where there is none."""

    def record(self, name: str) -> Record | None:
        """The content of that name with its version and age."""

    def write(self, name: str, content: bytes) -> None:
        """Put it there, whatever was there."""

    def create(self, name: str, content: bytes) -> bool:
        """Put it there where nothing is; False where something is."""

    def exchange(self, name: str, content: bytes, version: str) -> str | None:
        """Put it in the place of that very version; the new version, or None where it is another by now."""

    def delete(self, name: str) -> None:
        """Take it away; what is gone already is gone."""
