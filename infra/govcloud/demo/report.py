"""What the demonstration ends with: what stands, and what was tried on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from govcloud.engine import Census


@dataclass(frozen=True)
class Proof:
    """One thing that was tried: what was expected, what was seen, and whether they agree."""

    what: str
    seen: str
    holds: bool


@dataclass(frozen=True)
class Report:
    """The whole ending."""

    censuses: tuple[Census, ...]
    proofs: tuple[Proof, ...]
    next_steps: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether everything stands and every proof held."""
        return all(proof.holds for proof in self.proofs) and not any(c.wrong for c in self.censuses)


def report_text(report: Report) -> str:
    """The report for a terminal."""
    lines = ["", "What stands, asked of the clouds"]
    for census in report.censuses:
        lines += [f"  {census.plane}: {census.total} objects"]
        lines += [f"    {name:<34}{number:>6}" for name, number in _grouped(census.by_stack).items()]
    kinds: Counter[str] = Counter()
    for census in report.censuses:
        kinds.update(census.by_kind)
    lines += ["  by kind:", *_columns([f"{kind} {number}" for kind, number in sorted(kinds.items())])]
    lines += [f"  not as declared: {', '.join(c.wrong[:5])}" for c in report.censuses if c.wrong]
    lines += ["", "What was tried"]
    lines += [f"  {'ok  ' if proof.holds else 'FAIL'} {proof.what}: {proof.seen}" for proof in report.proofs]
    lines += ["", "Where to look next", *(f"  {step}" for step in report.next_steps)]
    return "\n".join(lines)


def _grouped(by_stack: Counter[str]) -> dict[str, int]:
    """The sixteen county stacks as one line."""
    found: dict[str, int] = {}
    counties = [name for name in by_stack if "/county-" in name]
    for name, number in by_stack.items():
        shown = f"{name.split('/')[0]}/county-… ({len(counties)} stacks)" if name in counties else name
        found[shown] = found.get(shown, 0) + number
    return found


def _columns(items: Sequence[str], width: int = 34, across: int = 3) -> list[str]:
    rows = [items[start : start + across] for start in range(0, len(items), across)]
    return ["    " + "".join(f"{item:<{width}}" for item in row).rstrip() for row in rows]
