"""Running the machine's own tools: argument lists in, output or a clear error out."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from govcloud.errors import ToolkitError

_TAIL_LINES = 15


def run(
    arguments: Sequence[str | Path],
    *,
    remedy: str | None = None,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
    seconds: float = 900,
) -> str:
    """Run a command to its end and return what it printed; `log` also keeps it.

    Raises ToolkitError with the end of its output when it is missing, fails, or takes longer than `seconds`.
    """
    words = [str(argument) for argument in arguments]
    try:
        done = subprocess.run(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=environment,
            timeout=seconds,
            check=False,
            text=True,
            errors="replace",
        )
    except FileNotFoundError as missing:
        raise ToolkitError(f"{words[0]} is not installed", "lab", remedy) from missing
    except subprocess.TimeoutExpired as late:
        raise ToolkitError(f"{words[0]} took longer than {seconds:.0f} s", "lab", remedy) from late
    if log is not None:
        log.write_text(done.stdout)
    if done.returncode != 0:
        tail = "\n".join(done.stdout.strip().splitlines()[-_TAIL_LINES:])
        raise ToolkitError(f"{' '.join(words[:3])} … ended with {done.returncode}:\n{tail}", "lab", remedy)
    return done.stdout


def bound_to_us(arguments: Sequence[str | Path]) -> list[str]:
    """The command in a process namespace of its own that ends with this process, however this process ends.

    So a killed build leaves neither processes nor mounts behind.
    """
    inside = [
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "--pid",
        "--fork",
        "--mount-proc",
        "--kill-child",
    ]
    return ["setpriv", "--pdeathsig", "KILL", *inside, *(str(argument) for argument in arguments)]
