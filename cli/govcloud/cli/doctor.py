"""`govcloud doctor`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from govcloud.cli.options import format_option, site_of, site_options
from govcloud.cli.output import Output, Shown
from govcloud.doctor import Finding, State, examine, exit_code


@click.command()
@site_options
@format_option
def doctor(inventory: Path, work: Path | None, planes: tuple[str, ...], output: Output) -> int:
    """Say what works on this machine and in its clouds, what does not, and what to do about it.

    It changes nothing. Exit 0 when nothing prevents work, 1 when something does, 5 when something could not
    be determined.

    \b
    Example:
      govcloud doctor
      govcloud doctor --plane extranet --format json
    """
    with Shown() as progress:
        found = examine(site_of(inventory, work, planes), progress)
    output.show(_document(found), _text(found))
    return exit_code(found)


MARKS = {State.OK: "ok", State.NOTE: "note", State.WRONG: "WRONG", State.UNKNOWN: "?"}


def _document(found: Sequence[Finding]) -> dict[str, Any]:
    return {
        "counts": _counts(found),
        "findings": [
            {
                "area": one.area,
                "subject": one.subject,
                "state": one.state.value,
                "seen": one.seen,
                "remedy": one.remedy or None,
            }
            for one in found
        ],
    }


def _counts(found: Sequence[Finding]) -> dict[str, int]:
    by_state = Counter(one.state for one in found)
    return {state.value: by_state[state] for state in State}


def _text(found: Sequence[Finding]) -> str:
    lines: list[str] = []
    for area, members in groupby(found, key=lambda one: one.area):
        lines += ["", area]
        for one in members:
            lines.append(f"  {MARKS[one.state]:6}{one.subject}: {one.seen}")
            lines += [f"        remedy: {one.remedy}"] if one.remedy else []
    counted = ", ".join(f"{number} {state}" for state, number in _counts(found).items() if number)
    return "\n".join([*lines[1:], "", counted])
