"""The journal of moves: what each step meant to do and what it did, on SQLite or PostgreSQL."""

from govcloud.migrations.journal.claims import Claims
from govcloud.migrations.journal.journal import Entry, Journal
from govcloud.migrations.journal.opening import open_journal

__all__ = ["Claims", "Entry", "Journal", "open_journal"]
