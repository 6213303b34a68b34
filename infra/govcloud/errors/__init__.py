"""Errors for the person who must act: what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Where:
    """A place in a file that a person can open; `line` counts from 1."""

    file: Path
    line: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class ToolkitError(Exception):
    """One foreseeable fault, told in the words of whoever must mend it.

    `where` names the file and line to open, or a system (a cloud, a machine, a command);
    `remedy` is the next thing to do.
    """

    exit_code = 1

    def __init__(self, what: str, where: Where | str | None = None, remedy: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where is not None else self.what
        return f"{head}\n  remedy: {self.remedy}" if self.remedy else head

    def parts(self) -> list[ToolkitError]:
        """The single errors in it: itself."""
        return [self]


class ToolkitErrors(ToolkitError):
    """Several faults reported together, in the order of their places."""

    def __init__(self, errors: Iterable[ToolkitError]) -> None:
        self.errors = list(errors)
        super().__init__(f"{len(self.errors)} errors")

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)

    def parts(self) -> list[ToolkitError]:
        """The single errors in it."""
        return list(self.errors)
