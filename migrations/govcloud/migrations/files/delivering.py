"""Has one agent send what another writes: through the tool, or over a line of theirs where they have one."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from govcloud.migrations.files.lines import End
from govcloud.migrations.files.places import Passed
from govcloud.migrations.files.state import Entry, State, path_of
from govcloud.migrations.files.talk import Talk
from govcloud.migrations.pace import Meter, Pace
from govcloud.migrations.remote import LostError

ENDS = (b"E", b"U", b"X")
"""What comes last of a file: it came whole, it is as it was brought over before, it could not be read."""
LENGTH = struct.Struct(">I")
"""Of what stands before a file's content where it comes whole in one frame."""
LAST_WORDS = 5.0
SPOILT = "its copy at the target was spoilt or taken away, and comes anew with the next pass"


@dataclass(frozen=True)
class Delivery:
    """One pass's plan as it is carried out; over a line, where the reader and the writer are told of one."""

    reader: Talk
    writer: Talk
    line: tuple[End, End] | None
    state: State
    scanned: int
    passed: Passed
    pace: Pace
    meter: Meter
    check: Callable[[], object]

    def carry_out(self, pool: ThreadPoolExecutor) -> None:
        """All of the plan; it is over when the target has it on its disk."""
        self._clear()
        opened = self._open_line()
        noting = pool.submit(self._note)
        noting.add_done_callback(self._give_up)
        asking = pool.submit(self._ask)
        try:
            (self._follow if opened else self._relay)()
            asking.result()
            self._finish()
        except LostError as lost:
            raise _reason(lost, noting, asking) from None
        noting.result()

    def _clear(self) -> None:
        """Take away what is gone, and make directories."""
        for path in self.state.planned_paths("removed"):
            self.writer.tell(b"R", {"path": base64.b64encode(path).decode()})
        for entry, _ in self.state.planned("directory"):
            self.writer.tell(b"M", entry)

    def _open_line(self) -> bool:
        """Have one of them listen, and tell the other at which port; whether there is to be a line at all."""
        if self.line is None:
            return False
        ends = sorted(
            zip((self.reader, self.writer), self.line, strict=True), key=lambda end: not end[1]["listens"]
        )
        (listener, its), (other, others) = ends
        listener.tell(b"L", its)
        listener.flush()
        _, payload = next(listener.frames())
        other.tell(b"L", {**others, **json.loads(payload)})
        other.flush()
        return True

    def _ask(self) -> None:
        """Ask for every file, with the digests of what lies at the target."""
        try:
            for request in self.state.requests():
                self.reader.say(b"F", request)
        finally:
            self.reader.end()

    def _give_up(self, noting: Future[None]) -> None:
        """Nobody needs what is read any more, where it cannot be written."""
        if noting.exception() is not None:
            self.reader.give_up()

    def _relay(self) -> None:
        """Carry chunks over as they come; memory holds one."""
        for kind, payload in self.reader.frames():
            self.check()
            self.writer.say(kind, payload)
            if kind in ENDS:
                self._count(kind, json.loads(payload))
            elif kind == b"W":
                self.passed.files += 1
                self._pass_on(len(payload) - LENGTH.size - LENGTH.unpack_from(payload)[0])
            elif kind != b"F":
                self._pass_on(len(payload))

    def _follow(self) -> None:
        """Hear of what goes over the line: of each file that did not come whole, and how much did."""
        for kind, payload in self.reader.frames():
            self.check()
            told = json.loads(payload)
            if kind in ENDS:
                self._count(kind, told)
            else:
                self._carried(told["bytes"])
                self.passed.files += told["files"]

    def _pass_on(self, count: int) -> None:
        self.pace.take(count)
        self._carried(count)

    def _carried(self, count: int) -> None:
        self.meter.add(count)
        self.passed.carried += count

    def _count(self, kind: bytes, told: Entry) -> None:
        if kind == b"X":
            self.passed.miss(path_of(told), told["error"])
        elif not told["still"]:
            self.passed.miss(path_of(told), "it changed while it was read")
        else:
            self.passed.files += 1

    def _finish(self) -> None:
        """What comes behind the files: their modes and times, links, further names, and directories last."""
        unread = {base64.b64encode(path).decode() for path in self.passed.unread_paths}
        self._tell(b"T", (entry for entry, _ in self.state.planned("dressed")))
        self._tell(b"Y", (entry for entry, _ in self.state.planned("link")))
        self._tell(b"H", (entry for entry, _ in self.state.planned("same") if entry["first"] not in unread))
        self._tell(b"N", (entry for entry, _ in self.state.planned("directory", deepest_first=True)))
        self.writer.end()

    def _tell(self, kind: bytes, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self.writer.tell(kind, entry)

    def _note(self) -> None:
        """Note files once the target has them on its disk."""
        for kind, payload in self.writer.frames():
            told = json.loads(payload)
            if kind == b"B":
                path = path_of(told)
                self.state.doubt(path)
                self.passed.miss(path, SPOILT)
            elif kind == b"K":
                kept = ((path_of(one), one["digests"]) for one in told["kept"])
                self.state.keep_all(kept, self.scanned)


def _reason(lost: LostError, noting: Future[None], asking: Future[None]) -> BaseException:
    """Why it was lost: an agent that fails says why before it ends; others only see that it has ended."""
    wait([noting], LAST_WORDS)
    ended = [one.exception() if one.done() else None for one in (noting, asking)]
    found = [one for one in (ended[0], lost, ended[1]) if one is not None]
    return next((one for one in found if not isinstance(one, LostError)), found[0])
