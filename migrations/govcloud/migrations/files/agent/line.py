"""A line of an agent's own to the one at the other host: content goes over it, and past the tool.

It is TLS over TCP. Both sides have a key that was made for this one line, and take nobody but the holder of the
other's certificate. One of them listens at one of the ports that are declared; the other comes to it, told by
the tool at which.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import ssl
import tempfile
import time
from typing import Any, Iterator

from govcloud.migrations.files.agent.wire import CHUNK, Frames, LineError, flush, frames, tell

PATIENCE = 60.0
"""Seconds for the other to come, and for whatever is sent to be taken."""
GREETING = 10.0
"""Seconds in which whoever has come has to show whose he is."""
BETWEEN = 0.1


class Line:
    """One end of a line that stands. The listener tells the tool at which port, and waits for the other to come."""

    def __init__(self, told: dict[str, Any]) -> None:
        address = told["address"]
        self.name = "the line to %s, %s" % (address, ports(told["ports"]))
        self.other = ssl.PEM_cert_to_DER_cert(told["other"])
        self.stream: Any
        with self.named():
            self.context = trusting(told)
            if told["listens"]:
                door = listening(address, told["ports"])
                tell(b"L", {"ports": [door.getsockname()[1]]})
                flush()
                self.stream = self.let_in(door)
            else:
                bare = socket.create_connection((address, told["ports"][0]), GREETING)
                self.stream = self.greeted(bare, False)
            self.stream.settimeout(PATIENCE)

    def let_in(self, door: socket.socket) -> ssl.SSLSocket:
        """Take the one that has the other's key; whoever else comes is sent away."""
        until = time.monotonic() + PATIENCE
        while True:
            door.settimeout(max(0.0, until - time.monotonic()))
            bare, _ = door.accept()
            bare.settimeout(GREETING)
            with contextlib.suppress(OSError):
                found = self.greeted(bare, True)
                door.close()
                return found
            bare.close()

    def greeted(self, bare: socket.socket, listens: bool) -> ssl.SSLSocket:
        """What is spoken from now on; SSLError where it is not the other."""
        bare.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        found = self.context.wrap_socket(bare, server_side=listens)
        if found.getpeercert(True) != self.other:
            found.close()
            raise ssl.SSLError("somebody else holds the other end")
        return found

    def frames(self) -> Iterator[tuple[bytes, bytes]]:
        """The frames that come, up to the other's last; LineError where it ends before that."""
        with self.named():
            for kind, payload in frames(self.stream.makefile("rb", buffering=CHUNK // 16)):
                if kind == b".":
                    self.stream.close()
                    return
                yield kind, payload
            raise ConnectionResetError(errno.ECONNRESET, "it ended before all had come")

    def outwards(self) -> Outwards:
        """Where frames go that the other is to have."""
        return Outwards(self)

    def finish(self) -> None:
        """Wait until the other has taken all: whoever hangs up with something unread takes back what he sent."""
        with self.named():
            while self.stream.recv(CHUNK):
                pass

    @contextlib.contextmanager
    def named(self) -> Iterator[None]:
        """Tells what goes wrong with the line from what goes wrong with files."""
        try:
            yield
        except socket.timeout as error:
            raise LineError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT), self.name) from error
        except OSError as error:
            raise LineError(error.errno or errno.EPROTO, error.strerror or str(error), self.name) from error


class Outwards(Frames):
    """Frames that go out on a line."""

    def __init__(self, line: Line) -> None:
        super().__init__(line.stream.makefile("wb", buffering=CHUNK // 4))
        self.line = line

    def say(self, kind: bytes, payload: bytes = b"") -> None:
        """Write a frame."""
        with self.line.named():
            super().say(kind, payload)

    def end(self) -> None:
        """Say that nothing more comes, and wait until all has been taken."""
        self.say(b".")
        with self.line.named():
            self.flush()
        self.line.finish()


def ports(several: list[int]) -> str:
    """Ports in words."""
    return "port%s %s" % ("s" if several[1:] else "", ", ".join(map(str, several)))


def listening(address: str, several: list[int]) -> socket.socket:
    """A door at the first of these ports that is free; others of ours may be at each of them for a while."""
    until = time.monotonic() + PATIENCE
    while True:
        for port in several:
            door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                bound(door, address, port)
                return door
            except OSError as error:
                door.close()
                if error.errno != errno.EADDRINUSE or time.monotonic() > until:
                    raise
        time.sleep(BETWEEN)


def bound(door: socket.socket, address: str, port: int) -> None:
    """Have it listen at a port: of that address alone, where it is this host's own."""
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((address, port))
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL:
            raise
        door.bind(("", port))
    door.listen(5)


def trusting(told: dict[str, Any]) -> ssl.SSLContext:
    """TLS with this line's own key, that takes nobody but the other's certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if told["listens"] else ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cadata=told["other"])
    # The module reads keys from files alone: this one has no name that could stay behind.
    with tempfile.TemporaryFile() as kept:
        kept.write((told["key"] + told["certificate"]).encode())
        kept.flush()
        context.load_cert_chain("/proc/self/fd/%d" % kept.fileno())
    return context
