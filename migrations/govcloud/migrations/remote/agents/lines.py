"""Many connections over one stream of bytes, each with a window of its own: none can hold up the others.

It is used at both ends, by the tool and, run by itself as a script, on a host. There the first line says what is
wanted: `{"listen": path, "owner": account}` or `{"listen": null}` to take callers on a socket file in a directory
of that account alone, or on a port of loopback; `{"path": …}` or `{"address": …, "port": …}` to lead every
connection to that socket. It ends when standard input does, and takes away what it made.

Frames both ways: number of the connection, what, length, and that many bytes.
"""

from __future__ import annotations

import collections
import json
import os
import pwd
import shutil
import socket
import struct
import sys
import threading
from typing import Any, Callable

HEAD = struct.Struct(">IBI")
BEGINS, BYTES, NO_MORE, ENDS, TAKEN = range(5)
PART = 64 * 1024
WINDOW = 1024 * 1024
"""Bytes of one connection that may be under way: those that the other end's socket has not taken yet."""
SECONDS = 10


class Line:
    """One connection: what its socket says goes to the other end, what comes from there goes to the socket."""

    def __init__(self, lines: Lines, number: int, stream: socket.socket) -> None:
        self.lines = lines
        self.number = number
        self.stream = stream
        self.room = WINDOW
        self.coming: collections.deque[bytes | None] = collections.deque()
        self.changed = threading.Condition()
        self.broken = False
        self.threads = [threading.Thread(target=work, daemon=True) for work in (self.hear, self.speak)]

    def start(self) -> None:
        """Carry both ways from now on."""
        for thread in self.threads:
            thread.start()
        threading.Thread(target=self.close, daemon=True).start()

    def hear(self) -> None:
        """Pass on what the socket says."""
        try:
            while not self.broken:
                part = self.stream.recv(PART)
                if not part:
                    break
                self.take(len(part))
                self.lines.say(self.number, BYTES, part)
        except OSError:
            self.cut()
            self.lines.say(self.number, ENDS)
            return
        self.lines.say(self.number, NO_MORE)

    def take(self, count: int) -> None:
        """Wait until the other end has room for so many bytes."""
        with self.changed:
            self.changed.wait_for(lambda: self.room >= count or self.broken)
            self.room -= count

    def speak(self) -> None:
        """Tell the socket what comes."""
        taken = 0
        try:
            while True:
                with self.changed:
                    self.changed.wait_for(lambda: bool(self.coming) or self.broken)
                    if self.broken:
                        return
                    part = self.coming.popleft()
                if part is None:
                    self.stream.shutdown(socket.SHUT_WR)
                    return
                self.stream.sendall(part)
                taken += len(part)
                if taken >= WINDOW // 4:
                    self.lines.say(self.number, TAKEN, struct.pack(">I", taken))
                    taken = 0
        except OSError:
            self.cut()
            self.lines.say(self.number, ENDS)

    def told(self, what: int, content: bytes) -> None:
        """Do what a frame says."""
        with self.changed:
            if what == BYTES:
                self.coming.append(content)
            elif what == NO_MORE:
                self.coming.append(None)
            elif what == TAKEN:
                self.room += struct.unpack(">I", content)[0]
            self.changed.notify_all()
        if what == ENDS:
            self.cut()

    def cut(self) -> None:
        """End it at once."""
        with self.changed:
            self.broken = True
            self.changed.notify_all()
        try:
            self.stream.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it has ended already

    def close(self) -> None:
        """Let go of the socket when both directions have ended."""
        for thread in self.threads:
            thread.join()
        self.lines.forget(self.number)
        self.stream.close()


class Lines:
    """All connections over one stream.

    `read` gives exactly as many bytes as it is asked for, or fewer at the end; `write` writes all of it. `connect`
    gives a socket for a connection that the other end begins. Numbers are odd at one end and even at the other.
    """

    def __init__(
        self,
        read: Callable[[int], bytes],
        write: Callable[[bytes], Any],
        first: int,
        connect: Callable[[], socket.socket] | None = None,
    ) -> None:
        self.read = read
        self.write = write
        self.next = first
        self.connect = connect
        self.held: dict[int, Line] = {}
        self.ended = False
        self.writing = threading.Lock()
        self.keeping = threading.Lock()

    def say(self, number: int, what: int, content: bytes = b"") -> None:
        """Write a frame; nothing more can be said when the stream has ended, and `serve` ends then, too."""
        with self.writing:
            try:
                self.write(HEAD.pack(number, what, len(content)) + content)
            except (OSError, EOFError):
                self.ended = True

    def begin(self, stream: socket.socket) -> Line:
        """Begin a connection: the other end connects it on."""
        with self.keeping:
            number = self.next
            self.next += 2
            line = self.held[number] = Line(self, number, stream)
        if self.ended:
            line.cut()
        self.say(number, BEGINS)
        line.start()
        return line

    def forget(self, number: int) -> None:
        """Let go of a connection that has ended."""
        with self.keeping:
            self.held.pop(number, None)

    def serve(self) -> None:
        """Do what the other end says, until the stream ends: then everything ends."""
        while True:
            head = self.read(HEAD.size)
            if len(head) < HEAD.size:
                break
            number, what, length = HEAD.unpack(head)
            content = self.read(length)
            if len(content) < length:
                break
            if what == BEGINS:
                threading.Thread(target=self.answer, args=(self.taken(number),), daemon=True).start()
                continue
            with self.keeping:
                line = self.held.get(number)
            if line is not None:
                line.told(what, content)
        self.ended = True
        for line in list(self.held.values()):
            line.cut()

    def taken(self, number: int) -> Line:
        """Hold a connection that the other end begins; its socket comes when it is connected."""
        with self.keeping:
            line = self.held[number] = Line(self, number, socket.socket(socket.AF_UNIX))
        return line

    def answer(self, line: Line) -> None:
        """Connect it on."""
        try:
            if self.connect is None:
                raise OSError("nothing is connected on from here")
            line.stream.close()
            line.stream = self.connect()
        except OSError as error:
            sys.stderr.write("%s\n" % (error.strerror or error))
            self.forget(line.number)
            self.say(line.number, ENDS)
            return
        line.start()


def connected(wanted: dict[str, Any]) -> socket.socket:
    """A connection to the socket that is wanted."""
    if "path" in wanted:
        found = socket.socket(socket.AF_UNIX)
        found.connect(wanted["path"])
        return found
    found = socket.create_connection((wanted["address"], wanted["port"]), SECONDS)
    found.settimeout(None)
    return found


def listening(wanted: dict[str, Any]) -> socket.socket:
    """A socket that takes callers."""
    path = wanted["listen"]
    if path is None:
        return socket.create_server(("127.0.0.1", 0), backlog=64)
    os.mkdir(os.path.dirname(path), 0o700)
    found = socket.socket(socket.AF_UNIX)
    found.bind(path)
    owner = pwd.getpwnam(wanted["owner"])
    for place in (path, os.path.dirname(path)):
        os.chown(place, owner.pw_uid, owner.pw_gid)
    found.listen(64)
    return found


def accepting(listener: socket.socket, lines: Lines) -> None:
    """Take whoever comes."""
    while True:
        caller, _ = listener.accept()
        lines.begin(caller)


def main() -> None:
    """Serve until standard input ends."""

    def write(content: bytes) -> None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()

    wanted = json.loads(sys.stdin.buffer.readline())
    lines = Lines(sys.stdin.buffer.read, write, 2, lambda: connected(wanted))
    made = wanted.get("listen")
    try:
        port = 0
        if "listen" in wanted:
            listener = listening(wanted)
            port = 0 if made else listener.getsockname()[1]
            threading.Thread(target=accepting, args=(listener, lines), daemon=True).start()
        write(b"%d\n" % port)
        lines.serve()
    except (OSError, KeyError) as error:
        sys.exit(str(error))
    finally:
        if made and os.path.isdir(os.path.dirname(made)):
            shutil.rmtree(os.path.dirname(made))
    os._exit(0)


if __name__ == "__main__":
    main()
