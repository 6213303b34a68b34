"""What OpenSSH's client is told in a file of settings of its own."""

from __future__ import annotations

from pathlib import Path

from govcloud.errors import ToolkitError


def quoted(path: Path) -> str:
    """A path as OpenSSH reads it whole: absolute, in quotes, and a per cent sign standing for itself."""
    text = str(path.absolute()).replace("%", "%%")
    if '"' in text or "\n" in text:
        raise ToolkitError(
            f"OpenSSH cannot name {text!r}", remedy="choose a directory without quotes or line breaks"
        )
    return f'"{text}"'
