"""Running the machine's own tools: argument lists in, output or a clear error out."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from govcloud.errors import ToolkitError

_TAIL = 600
_OURS = ("PIP_", "UV_", "PYTHON", "VIRTUAL_ENV")


def run(
    arguments: Sequence[str | Path],
    what: str,
    remedy: str,
    *,
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
    seconds: float = 900,
) -> str:
    """Run a command to its end and return what it printed on stdout.

    Raises ToolkitError with `what` failed, the end of what it said, and `remedy`.
    """
    words = [str(argument) for argument in arguments]
    try:
        done = subprocess.run(
            words,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise ToolkitError(f"{what}: {words[0]} cannot be run: {error.strerror}", "bundle", remedy) from error
    except subprocess.TimeoutExpired as late:
        raise ToolkitError(f"{what}: {words[0]} took longer than {seconds:.0f} s", "bundle", remedy) from late
    if done.returncode != 0:
        said = " ".join((done.stdout + done.stderr).split())[-_TAIL:]
        raise ToolkitError(
            f"{what}: {Path(words[0]).name} ended with {done.returncode}: {said}", "bundle", remedy
        )
    return done.stdout


def plain_environment() -> dict[str, str]:
    """This process's environment without what would lead Python and its installers elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
