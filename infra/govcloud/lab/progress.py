"""How long work tells where it is: the caller decides how that is shown."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What long work calls as it goes; calls may come from several threads."""

    def step(self, name: str) -> None:
        """Say that the step `name` has begun; several may run side by side."""

    def done(self, name: str) -> None:
        """Say that the step `name` has ended well."""


class Silent:
    """A progress that tells nobody."""

    def step(self, name: str) -> None:
        """Ignore that `name` began."""

    def done(self, name: str) -> None:
        """Ignore that `name` ended."""
