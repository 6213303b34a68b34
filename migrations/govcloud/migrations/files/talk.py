"""Talks with the agent on a host: frames over a program's standard input and output."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from govcloud.errors import ToolkitError
from govcloud.migrations.remote import Host, LostError, Pipe
from govcloud.migrations.remote.shipping import shipped

HEAD = struct.Struct(">cI")
NO_SPACE = 28
ROOM = "make room there, then run it again: it goes on from there"
WAY = "open the way there, with a free port for each tree, or declare no `transfer_ports`; then run it again"


class Talk:
    """Frames to and from one agent; one thread may write while another reads."""

    def __init__(self, host: Host, pipe: Pipe) -> None:
        self._host = host
        self._pipe = pipe

    def say(self, kind: bytes, payload: bytes = b"") -> None:
        """Write a frame; small ones go together."""
        self._pipe.write(HEAD.pack(kind, len(payload)), payload)

    def flush(self) -> None:
        """Have all that was written go."""
        self._pipe.flush()

    def tell(self, kind: bytes, document: Mapping[str, Any]) -> None:
        """Write a frame of JSON."""
        self.say(kind, json.dumps(document).encode())

    def end(self) -> None:
        """Say that nothing more comes."""
        self._pipe.end()

    def give_up(self) -> None:
        """End the agent; who waits for its frames is told that it has ended."""
        self._pipe.terminate()

    def frames(self) -> Iterator[tuple[bytes, bytes]]:
        """The frames that come, up to the agent's last; ToolkitError where it fails, or ends before that."""
        while True:
            kind, length = HEAD.unpack(self._take(HEAD.size))
            payload = self._take(length)
            if kind == b"!":
                raise self._failed(json.loads(payload))
            if kind == b".":
                return
            yield kind, payload

    def _take(self, count: int) -> bytes:
        taken = self._pipe.read(count)
        if len(taken) < count:
            raise self._pipe.ended()
        return taken

    def _failed(self, said: Mapping[str, Any]) -> ToolkitError:
        where = f": {said['where']}" if said["where"] else ""
        if said.get("line"):
            return LostError(f"{said['where']}: {said['error']}", self._host.login.where, WAY)
        full = said["number"] == NO_SPACE
        remedy = ROOM if full else "mend it, then run it again"
        return ToolkitError(f"{said['error']}{where}", self._host.login.where, remedy)


@contextmanager
def talking(host: Host, what: str, root: bytes, **more: Any) -> Iterator[Talk]:
    """An agent that does one thing to a tree of a host: `scan`, `read`, `write` or `digest`."""
    with host.piped(shipped("govcloud.migrations.files.agent")) as pipe:
        talk = Talk(host, pipe)
        talk.tell(b"W", {"do": what, "root": base64.b64encode(root).decode(), **more})
        talk.flush()
        yield talk
