"""Compares two trees in full: every entry, and every byte of every file, read anew on both sides."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from govcloud.migrations.files.listing import Listing
from govcloud.migrations.files.passes import SPECIAL
from govcloud.migrations.files.places import Place
from govcloud.migrations.files.state import Entry, path_of, shown
from govcloud.migrations.files.talk import Talk, talking
from govcloud.migrations.together import together

NAMED = 20
"""How many entries that differ are named."""
UNREAD = "cannot be read"
ASIDE = ("inode", "ctime", "apart", "uid", "gid", "user", "group", "same")
"""What says where an entry lies rather than what it is."""
SIDES = ("source", "target")


def compare(
    source: Place,
    target: Place,
    without: Sequence[str],
    content: bool = True,
    written: Callable[[], Set[bytes]] = frozenset,
    seen: Callable[[], Iterator[Entry]] | None = None,
) -> dict[str, Any]:
    """Count, bytes and a digest of each side, and what differs, by name; nothing recorded is believed.

    Without `content` files are compared by all but what is in them: quick, for when nobody may write. What
    was `written` at the target since it took writes is left out on both sides, and counted: it is asked for
    when both sides have been read, as more may be written meanwhile. `seen` gives the target's entries where
    somebody else needs them, too.
    """
    with TemporaryDirectory(prefix="govcloud-") as directory:
        listings = [Listing(Path(directory) / side) for side in SIDES]
        with closing(listings[0]) as theirs, closing(listings[1]) as ours:
            together(
                lambda: _list(source, theirs, lambda: _entries(source, without), content),
                lambda: _list(target, ours, seen or (lambda: _entries(target, without)), content),
            )
            since = written()
            found, count, size = _compared(theirs, ours, since)
            digests = [_digest(listing, since) for listing in listings]
    more = len(found) - NAMED
    if more > 0:
        found = [*found[:NAMED], f"and {more} more"]
    return {
        "entries": count,
        "bytes": size,
        "source": digests[0],
        "target": digests[1],
        "written since": len(since),
        "differences": found,
    }


def _compared(theirs: Listing, ours: Listing, since: Set[bytes]) -> tuple[list[str], int, int]:
    """What differs, by name; how many entries the source has, and bytes in them."""
    found, count, size = [], 0, 0
    for path, there, here in _merged(theirs.entries(), ours.entries()):
        if path in since:
            continue
        if there is not None:
            count, size = count + 1, size + int(there.get("size", 0))
        if here is None:
            found.append(f"{shown(path)} is missing")
        elif there is None:
            found.append(f"{shown(path)} is not at the source")
        elif parts := _different(there, here):
            found.append(f"{shown(path)} differs in {', '.join(parts)}")
    return found, count, size


Listed = tuple[bytes, dict[str, Any]]


def _merged(
    left: Iterator[Listed], right: Iterator[Listed]
) -> Iterator[tuple[bytes, dict[str, Any] | None, dict[str, Any] | None]]:
    """Two listings in the order of their paths, as one."""
    there, here = next(left, None), next(right, None)
    while there is not None or here is not None:
        if here is None or (there is not None and there[0] < here[0]):
            assert there is not None  # noqa: S101 - so says the loop
            yield there[0], there[1], None
            there = next(left, None)
        elif there is None or here[0] < there[0]:
            yield here[0], None, here[1]
            here = next(right, None)
        else:
            yield there[0], there[1], here[1]
            there, here = next(left, None), next(right, None)


def _different(theirs: dict[str, Any], ours: dict[str, Any]) -> list[str]:
    """In what two entries differ. What could not be read is never equal to anything."""
    parts = {key for key in theirs.keys() | ours.keys() if theirs.get(key) != ours.get(key)}
    for one in (theirs, ours):
        if one["kind"] == UNREAD or str(one.get("content", "")).startswith(UNREAD):
            parts.add("what could not be read")
    return sorted(parts)


def _list(place: Place, listing: Listing, seen: Callable[[], Iterator[Entry]], content: bool) -> None:
    """Every entry of a tree, with what is compared of it."""
    groups: dict[str, str] = {}

    def compared(entry: Entry) -> Listed:
        path = path_of(entry)
        kept = {key: value for key, value in entry.items() if key not in ASIDE and key != "path"}
        kept["owner"] = entry["user"] or str(entry["uid"])
        kept["group of"] = entry["group"] or str(entry["gid"])
        if "same" in entry:
            kept["is the same as"] = groups.setdefault(entry["same"], shown(path))
        return path, kept

    listing.add(compared(entry) for entry in seen())
    if content:
        listing.contents(_hashed(place, listing))


def _entries(place: Place, without: Sequence[str]) -> Iterator[Entry]:
    wishes = {"without": list(without), "ours": "", "numeric": place.numeric}
    with talking(place.host, "scan", place.root, **wishes) as talk:
        for kind, payload in talk.frames():
            entry = json.loads(payload)
            if kind == b"X":
                yield {**unread(path_of(entry)), **entry}
            elif kind == b"E" and entry["kind"] not in SPECIAL:
                yield entry


def unread(path: bytes) -> Entry:
    """An entry of which nothing is known."""
    owner = {"user": "", "group": "", "uid": 0, "gid": 0}
    return {"path": base64.b64encode(path).decode(), "kind": UNREAD, **owner}


def _hashed(place: Place, listing: Listing) -> Iterator[tuple[bytes, str]]:
    """SHA-256 of each file's content; where it cannot be read, why."""
    with talking(place.host, "digest", place.root) as talk:
        asking = threading.Thread(target=_ask, args=(talk, listing), daemon=True)
        asking.start()
        for _, payload in talk.frames():
            told = json.loads(payload)
            yield path_of(told), told.get("sha256") or f"{UNREAD}: {told['error']}"
        asking.join()


def _ask(talk: Talk, listing: Listing) -> None:
    for path in listing.files():
        talk.tell(b"F", {"path": path})
    talk.end()


def _digest(listing: Listing, since: Set[bytes]) -> str:
    """SHA-256 over all entries in order."""
    whole = hashlib.sha256()
    for path, entry in listing.entries():
        if path not in since:
            whole.update(json.dumps([path.hex(), entry], ensure_ascii=False, sort_keys=True).encode())
    return whole.hexdigest()
