"""Brings a tree over, pass by pass: all of it first, then what has changed, told by what cannot be forged."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from queue import Queue

from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.migrations.files.state import Entry, State, path_of, shown, unchanged
from govcloud.migrations.files.talk import Talk, talking
from govcloud.migrations.pace import Meter, Pace
from govcloud.migrations.remote import Host, LostError
from govcloud.progress import Progress

ENDS = (b"E", b"U", b"X")
"""What comes last of a file: it came whole, it is as it was brought over before, it could not be read."""
SPECIAL = ("fifo", "socket", "device")
TOLD = 10
LAST_WORDS = 10.0
SPOILT = "its copy at the target was spoilt or taken away, and comes anew with the next pass"
REMEDY = "see who writes there, or accept by name that it stays behind"


def _go_on() -> None:
    """Nothing ends a pass but itself."""


@dataclass(frozen=True)
class Place:
    """A tree on a host; `numeric` where its owners are numbers of its own, and no accounts of the host."""

    host: Host
    root: bytes
    numeric: bool = False

    def __str__(self) -> str:
        return f"{self.host.login.label}:{shown(self.root)}"


@dataclass
class Passed:
    """What one pass did: entries seen, files sent and bytes carried, and what it could not read, by path.

    `special` has the kind of what is no file, by path.
    """

    entries: int = 0
    files: int = 0
    carried: int = 0
    left: list[str] = field(default_factory=list)
    special: dict[str, str] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    unread_paths: set[bytes] = field(default_factory=set)

    def miss(self, path: bytes, why: str) -> None:
        """Something that could not be read."""
        self.unread[shown(path)] = why
        self.unread_paths.add(path)

    def below_unread(self, path: bytes) -> bool:
        """Whether nothing is known of a path because one above it could not be read."""
        parts = path.split(b"/")
        return any(b"/".join(parts[:count]) in self.unread_paths for count in range(1, len(parts) + 1))


def bring_over(
    source: Place,
    target: Place,
    state: State,
    without: Sequence[str],
    pace: Pace,
    progress: Progress,
    last: bool = False,
    check: Callable[[], object] = _go_on,
) -> Passed:
    """One pass. In the `last` nobody writes any more: what cannot be read whole is an error that names it.

    `check` is called over and over as it goes, and ends it by raising an error.
    """
    passed = Passed()
    if state.empty():
        _take_stock(target, state)
    scanned = scan(source, state, without, passed, check)
    state.plan(_planned(state, passed))
    count, size = state.measured("file")
    meter = Meter(progress, f"files {source}", size)
    with talking(target.host, "write", target.root, sweep=state.interrupted(), ours=state.prefix) as writer:
        _clear(writer, state)
        _send(source, writer, state, scanned, count, passed, pace, meter, check)
    _noted(state, scanned)
    if last and passed.unread:
        told = [ToolkitError(f"{path}: {why}", str(source), REMEDY) for path, why in passed.unread.items()]
        raise ToolkitErrors(told[:TOLD])
    return passed


def scan(
    source: Place,
    state: State,
    without: Sequence[str],
    passed: Passed,
    check: Callable[[], object] = _go_on,
) -> int:
    """Look at the source's tree; the source's own time when that began, in nanoseconds."""
    began = 0

    def entries(talk: Talk) -> Iterator[Entry]:
        nonlocal began
        for kind, payload in talk.frames():
            check()
            found = json.loads(payload)
            if kind == b"T":
                began = found["now"] if found["trusted"] else 0
            elif kind == b"L":
                passed.left.append(shown(path_of(found)))
            elif kind == b"X":
                passed.miss(path_of(found), found["error"])
            elif found["kind"] in SPECIAL:
                passed.special[shown(path_of(found))] = found["kind"]
            else:
                yield found

    wishes = {"without": list(without), "ours": "", "numeric": source.numeric}
    with talking(source.host, "scan", source.root, **wishes) as talk:
        passed.entries = state.see(entries(talk))
    return began


def _planned(state: State, passed: Passed) -> Iterator[tuple[str, bytes, str | None]]:
    """What differs from what was brought over before: what is to be done, and to which path."""
    for path in state.gone():
        if not passed.below_unread(path):
            yield "removed", path, None
    first: dict[str, tuple[Entry, bool]] = {}
    for now, then, digests, before in state.entries():
        kind, path = now["kind"], path_of(now)
        if kind == "directory":
            yield "directory", path, None
        elif kind == "link":
            if now != then:
                yield "link", path, None
        elif now.get("same") in first:
            head, moved = first[now["same"]]
            if moved or then is None or then.get("first") != head["path"]:
                yield "same", path, head["path"]
        else:
            fresh = not unchanged(now, then, before) or digests is None
            if fresh or now != then:
                yield "file" if fresh else "dressed", path, None
            if "same" in now:
                first[now["same"]] = (now, fresh)


def _take_stock(target: Place, state: State) -> None:
    """Take in what lies at the target already: what is not at the source goes, the rest is written anew."""
    with talking(target.host, "write", target.root, sweep=True, ours=state.prefix) as made:
        made.end()
        list(made.frames())
    wishes = {"without": [], "ours": state.prefix, "numeric": target.numeric}
    with talking(target.host, "scan", target.root, **wishes) as talk:
        found = [json.loads(payload) for kind, payload in talk.frames() if kind == b"E"]
    state.take_stock(entry for entry in found if entry["path"])


def _noted(state: State, scanned: int) -> None:
    """All has been done: note what the target has not acknowledged one by one."""
    for path in state.planned_paths("removed"):
        state.drop(path)
    for entry, digests in state.planned("dressed"):
        state.keep(entry, digests, scanned)
    for what in ("directory", "link", "same"):
        for entry, _ in state.planned(what):
            state.keep(entry, None, scanned)
    state.finished()


def _clear(writer: Talk, state: State) -> None:
    """Take away what is gone, and make directories."""
    for path in state.planned_paths("removed"):
        writer.tell(b"R", {"path": base64.b64encode(path).decode()})
    for entry, _ in state.planned("directory"):
        writer.tell(b"M", entry)


def _send(
    source: Place,
    writer: Talk,
    state: State,
    scanned: int,
    count: int,
    passed: Passed,
    pace: Pace,
    meter: Meter,
    check: Callable[[], object],
) -> None:
    failures: Queue[ToolkitError] = Queue()
    noting = (writer, state, scanned, passed, failures)
    acknowledged = threading.Thread(target=_note, args=noting, daemon=True)
    acknowledged.start()
    try:
        with talking(source.host, "read", source.root) as reader:
            asking = threading.Thread(target=_ask, args=(reader, state, failures), daemon=True)
            asking.start()
            _relay(reader, writer, count, passed, pace, meter, check)
            asking.join()
        _finish(writer, state, passed)
    except LostError:
        # An agent that fails says why before it ends; whoever writes to it only sees that it has ended.
        acknowledged.join(LAST_WORDS)
        if not failures.empty():
            raise failures.get() from None
        raise
    acknowledged.join()
    if not failures.empty():
        raise failures.get()


def _finish(writer: Talk, state: State, passed: Passed) -> None:
    """What comes behind the files: their modes and times, links, further names, and directories last."""
    for entry, _ in state.planned("dressed"):
        writer.tell(b"T", entry)
    for entry, _ in state.planned("link"):
        writer.tell(b"Y", entry)
    unread = {base64.b64encode(path).decode() for path in passed.unread_paths}
    for entry, _ in state.planned("same"):
        if entry["first"] not in unread:
            writer.tell(b"H", entry)
    for entry, _ in state.planned("directory", deepest_first=True):
        writer.tell(b"N", entry)
    writer.end()


def _ask(reader: Talk, state: State, failures: Queue[ToolkitError]) -> None:
    try:
        for entry, digests in state.planned("file"):
            reader.tell(b"F", {"entry": entry, "digests": digests})
        reader.end()
    except ToolkitError as error:
        failures.put(error)


def _note(writer: Talk, state: State, scanned: int, passed: Passed, failures: Queue[ToolkitError]) -> None:
    """Note files once the target has them on its disk."""
    try:
        for kind, payload in writer.frames():
            told = json.loads(payload)
            if kind == b"B":
                path = path_of(told)
                state.doubt(path)
                passed.miss(path, SPOILT)
            else:
                state.keep_all(((path_of(one), one["digests"]) for one in told["kept"]), scanned)
    except ToolkitError as error:
        failures.put(error)


def _relay(
    reader: Talk,
    writer: Talk,
    count: int,
    passed: Passed,
    pace: Pace,
    meter: Meter,
    check: Callable[[], object],
) -> None:
    """Carry chunks over as they come; memory holds one."""
    left = count
    frames = reader.frames()
    while left:
        check()
        kind, payload = next(frames)
        writer.say(kind, payload)
        if kind in ENDS:
            left -= 1
            _count(kind, json.loads(payload), passed)
        elif kind != b"F":
            pace.take(len(payload))
            meter.add(len(payload))
            passed.carried += len(payload)


def _count(kind: bytes, told: Entry, passed: Passed) -> None:
    if kind == b"X":
        passed.miss(path_of(told), told["error"])
    elif not told["still"]:
        passed.miss(path_of(told), "it changed while it was read")
    else:
        passed.files += 1
