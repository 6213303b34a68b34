"""How a tree was at a moment, and what is otherwise since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from govcloud.migrations.files.passes import scan
from govcloud.migrations.files.places import Passed, Place
from govcloud.migrations.files.state import Entry, State, path_of
from govcloud.migrations.files.verifying import unread


def remember(place: Place, back: State, here: State, without: Sequence[str]) -> Iterator[Entry]:
    """Take in a tree as it is now, its content being what an earlier pass brought, and give its entries.

    It has been taken in once the first of them is given. What cannot be read is given as such, and not kept.
    """
    passed = Passed()
    scanned = scan(place, back, without, passed)
    back.keep_seen(here.digests_of, scanned)
    yield from (unread(path) for path in sorted(passed.unread_paths))
    yield from (now for now, *_ in back.entries())


def changed_since(place: Place, back: State, without: Sequence[str]) -> set[bytes]:
    """The paths of a tree where something is otherwise than when it was remembered."""
    scan(place, back, without, Passed())
    changed = {path_of(now) for now, then, *_ in back.entries() if now != then}
    return changed | set(back.gone())
