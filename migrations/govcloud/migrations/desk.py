"""Where a plane's moves keep what they know: looks, plans, journals, rehearsals, orders, evidence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from govcloud.local import private_directory
from govcloud.migrations.journal import Claims, Journal, open_journal


@dataclass(frozen=True)
class Desk:
    """One plane's part; `root` is private, `journal_place` the PostgreSQL that workers share, if any."""

    root: Path
    journal_place: str | None = None

    @property
    def looks(self) -> Path:
        """The last look at each host."""
        return self.root / "hosts"

    @property
    def orders(self) -> Path:
        """Orders, one folder each."""
        return self.root / "orders"

    @property
    def evidence(self) -> Path:
        """Equality reports, one folder each."""
        return self.root / "evidence"

    @property
    def certificates(self) -> Path:
        """Decommission certificates, one folder each."""
        return self.root / "certificates"

    def of(self, move: str) -> Path:
        """What belongs to one move: its rehearsal, and its journal unless workers share one."""
        return private_directory(self.root / "moves") / move

    @contextmanager
    def journal(self, move: str) -> Iterator[tuple[Journal, Claims]]:
        """A move's journal and the claims on its steps."""
        with open_journal(self.journal_place, self.of(move), move) as opened:
            yield opened
