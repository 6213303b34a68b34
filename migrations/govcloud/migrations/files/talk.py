"""Talks with the agent on a host: frames over a program's standard input and output."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import paramiko

from govcloud.errors import ToolkitError
from govcloud.migrations.remote import Host
from govcloud.migrations.remote.shipping import shipped

HEAD = struct.Struct(">cI")
CHUNK = 1024 * 1024
TOGETHER = 64 * 1024
NO_SPACE = 28
REMEDY = "see that its Python is 3.7 or newer and that nobody ends it, then run it again"
ROOM = "make room there, then run it again: it goes on from there"


class Talk:
    """Frames to and from one agent; one thread may write while another reads."""

    def __init__(self, host: Host, stream: paramiko.Channel) -> None:
        self._host = host
        self._stream = stream
        self._held = bytearray()
        self._at = 0
        self._unsent = bytearray()

    def say(self, kind: bytes, payload: bytes = b"") -> None:
        """Write a frame; small ones go together."""
        self._unsent += HEAD.pack(kind, len(payload))
        self._unsent += payload
        if len(self._unsent) >= TOGETHER:
            self.flush()

    def flush(self) -> None:
        """Have all that was written go."""
        unsent, self._unsent = self._unsent, bytearray()
        with self._host.losing():
            self._stream.sendall(unsent)

    def tell(self, kind: bytes, document: Mapping[str, Any]) -> None:
        """Write a frame of JSON."""
        self.say(kind, json.dumps(document).encode())

    def end(self) -> None:
        """Say that nothing more comes."""
        self.flush()
        with self._host.losing():
            self._stream.shutdown(1)

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
        while len(self._held) - self._at < count:
            with self._host.losing():
                part = self._stream.recv(CHUNK)
            if not part:
                said = self._stream.recv_stderr(4096).decode(errors="replace").strip().splitlines()
                why = f": {said[-1]}" if said else ""
                raise ToolkitError(f"the agent ended before it was done{why}", self._host.login.where, REMEDY)
            if self._at:
                del self._held[: self._at]
                self._at = 0
            self._held += part
        taken = bytes(self._held[self._at : self._at + count])
        self._at += count
        return taken

    def _failed(self, said: Mapping[str, Any]) -> ToolkitError:
        where = f": {said['where']}" if said["where"] else ""
        full = said["number"] == NO_SPACE
        remedy = ROOM if full else "mend it, then run it again"
        return ToolkitError(f"{said['error']}{where}", self._host.login.where, remedy)


@contextmanager
def talking(host: Host, what: str, root: bytes, **more: Any) -> Iterator[Talk]:
    """An agent that does one thing to a tree of a host: `scan`, `read`, `write` or `digest`."""
    stream = host.script(shipped("govcloud.migrations.files.agent"), b"")
    try:
        talk = Talk(host, stream)
        talk.tell(b"W", {"do": what, "root": base64.b64encode(root).decode(), **more})
        talk.flush()
        yield talk
    finally:
        stream.close()
