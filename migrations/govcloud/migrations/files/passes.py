"""Brings a tree over, pass by pass: all of it first, then what has changed, told by what cannot be forged."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from tempfile import TemporaryFile

from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.migrations.files.delivering import Delivery
from govcloud.migrations.files.lines import line_between
from govcloud.migrations.files.places import Passed, Place
from govcloud.migrations.files.state import Entry, State, path_of, shown, unchanged
from govcloud.migrations.files.talk import Talk, talking
from govcloud.migrations.pace import Meter, Pace
from govcloud.migrations.ties import along
from govcloud.progress import Progress

SPECIAL = ("fifo", "socket", "device")
TOLD = 10
FROM = 16 * 1024 * 1024
"""Bytes from which a line is worth its while."""
REMEDY = "see who writes there, or accept by name that it stays behind"


def _go_on() -> None:
    """Nothing ends a pass but itself."""


def bring_over(
    source: Place,
    target: Place,
    state: State,
    without: Sequence[str],
    pace: Pace,
    progress: Progress,
    last: bool = False,
    check: Callable[[], object] = _go_on,
    stock: bool = True,
) -> Passed:
    """One pass. In the `last` nobody writes any more: what cannot be read whole is an error that names it.

    `check` is called over and over as it goes, and ends it by raising an error. Behind a pass that did not
    end `stock` is taken of the target: what came and was not noted goes when it is gone at the source.
    """
    passed = Passed()
    broken = state.interrupted()
    # They end before who listens to them does; each comes up while the tree is looked at.
    with ThreadPoolExecutor(2) as pool, ExitStack() as agents:
        reader = agents.enter_context(talking(source.host, "read", source.root))
        unsure = state.empty() or (broken and stock)
        taking = pool.submit(along(_take_stock), target, state, without) if unsure else None
        writer = None if taking else agents.enter_context(_writing(target, state, sweep=broken))
        scanned = scan(source, state, without, passed, check)
        if taking is not None:
            taking.result()
        # Nobody else may write to the tree, so not before its stock is taken.
        writer = writer or agents.enter_context(_writing(target, state, sweep=False))
        state.plan(_planned(state, passed))
        _, size = state.measured("file")
        meter = Meter(progress, f"files {source}", size)
        # How fast they send is not ours to say where it does not pass by here.
        line = line_between(source, target) if size >= FROM and not pace.limited else None
        Delivery(reader, writer, line, state, scanned, passed, pace, meter, check).carry_out(pool)
    _noted(state, scanned)
    if last and passed.unread:
        told = [ToolkitError(f"{path}: {why}", str(source), REMEDY) for path, why in passed.unread.items()]
        raise ToolkitErrors(told[:TOLD])
    return passed


def _writing(target: Place, state: State, sweep: bool) -> AbstractContextManager[Talk]:
    """Who writes; with `sweep` what a run that was killed left aside goes first."""
    return talking(target.host, "write", target.root, sweep=sweep, ours=state.prefix)


def scan(
    source: Place,
    state: State,
    without: Sequence[str],
    passed: Passed,
    check: Callable[[], object] = _go_on,
) -> int:
    """Look at the source's tree; the source's own time when that began, in nanoseconds."""
    began = 0

    def entries(talk: Talk) -> Iterator[tuple[bytes, str, int | None]]:
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
                alone = found["kind"] == "file" and not found.keys() & {"apart", "same"}
                yield path_of(found), payload.decode(), found["ctime"] if alone else None

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
    for now, then, digests, before in state.changed():
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


def _take_stock(target: Place, state: State, without: Sequence[str]) -> None:
    """Take in what lies at the target unknown: what is not at the source goes, the rest is written anew."""
    with _writing(target, state, sweep=True) as made:
        made.end()
        list(made.frames())
    wishes = {"without": list(without), "ours": state.prefix, "numeric": target.numeric}
    # Aside, however many there are: what is known cannot be written while the source is looked at.
    with TemporaryFile("w+") as found:
        with talking(target.host, "scan", target.root, **wishes) as talk:
            for kind, payload in talk.frames():
                entry = json.loads(payload)
                if kind == b"E" and entry["path"] and entry["kind"] not in SPECIAL:
                    found.write(f"{entry['path']}\n")
        found.seek(0)
        state.take_stock(line.rstrip("\n") for line in found)


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
