"""How a tree was at a moment, and what is otherwise since."""

from __future__ import annotations

from govcloud.migrations.files.passes import Passed, Place, scan
from govcloud.migrations.files.state import State, path_of


def remember(place: Place, back: State, here: State) -> int:
    """Take in a tree as it is now, its content being what an earlier pass brought; how many entries."""
    passed = Passed()
    scanned = scan(place, back, (), passed)
    for entry, *_ in back.entries():
        back.keep(entry, here.digests_of(path_of(entry)), scanned)
    return passed.entries


def changed_since(place: Place, back: State) -> set[bytes]:
    """The paths of a tree where something is otherwise than when it was remembered."""
    scan(place, back, (), Passed())
    changed = {path_of(now) for now, then, *_ in back.entries() if now != then}
    return changed | set(back.gone())
