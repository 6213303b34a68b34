"""Connections that a host leads on, by a script of ours alone: its SSH server need not forward anything.

One script serves all connections to one socket, so that another connection costs no other login.
"""

from __future__ import annotations

import json
import secrets
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import paramiko

from govcloud.errors import ToolkitError
from govcloud.migrations.remote.agents.lines import Lines
from govcloud.migrations.remote.host import Host

CHUNK = 256 * 1024
Connect = Callable[[], socket.socket]


@contextmanager
def led(host: Host, wanted: Mapping[str, Any], account: str | None = None) -> Iterator[Connect]:
    """What connects to a socket of the host, `{"path": …}` or `{"address": …, "port": …}`, as an account."""
    with _serving(host, wanted, account) as (lines, _):

        def connect() -> socket.socket:
            here, there = socket.socketpair()
            lines.begin(there)
            return here

        yield connect


@contextmanager
def leading(host: Host, wanted: Mapping[str, Any], place: Path, account: str | None = None) -> Iterator[None]:
    """Lead each connection to the socket file `place`, in a private directory, to a socket of the host."""
    with _serving(host, wanted, account) as (lines, _), _Server(str(place), _Handler) as server:
        server.lines = lines
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            place.unlink(missing_ok=True)


@contextmanager
def door_for(host: Host, owner: str, name: str, connect: Connect) -> Iterator[str]:
    """A socket file on the host for one account alone, whose callers get what `connect` gives; where."""
    directory = f"/run/govcloud-{secrets.token_hex(8)}"
    with _serving(host, {"listen": f"{directory}/{name}", "owner": owner}, None, connect):
        yield directory


@contextmanager
def door_on_loopback(host: Host, connect: Connect) -> Iterator[int]:
    """A port of the host's loopback whose callers get what `connect` gives."""
    with _serving(host, {"listen": None}, None, connect) as (_, port):
        yield port


@contextmanager
def _serving(
    host: Host, wanted: Mapping[str, Any], account: str | None, connect: Connect | None = None
) -> Iterator[tuple[Lines, int]]:
    """The near end, once the far end serves, and the port on which that listens, if it does."""
    script = files("govcloud.migrations.remote.agents").joinpath("lines.py").read_bytes()
    channel = host.script(script, json.dumps(wanted).encode() + b"\n", account)
    try:
        port = _port(host, channel)
        lines = Lines(lambda count: _read(channel, count), lambda part: _write(channel, part), 1, connect)
        threading.Thread(target=lines.serve, daemon=True).start()
        yield lines, port
    finally:
        channel.close()


def _port(host: Host, channel: paramiko.Channel) -> int:
    """What the far end says when it serves; ToolkitError with its last words where it does not."""
    said = b""
    with host.losing():
        while not said.endswith(b"\n"):
            part = channel.recv(1)
            if not part:
                told = channel.recv_stderr(4096).decode(errors="replace").strip().splitlines()
                raise ToolkitError(
                    f"connections cannot be led on: {told[-1] if told else 'it said nothing'}",
                    host.login.where,
                    "see that its Python is 3.7 or newer, and that we may become root there",
                )
            said += part
    return int(said)


def _read(channel: paramiko.Channel, count: int) -> bytes:
    parts, left = [], count
    try:
        while left:
            part = channel.recv(min(left, CHUNK))
            if not part:
                break
            parts.append(part)
            left -= len(part)
    except (OSError, EOFError, paramiko.SSHException):
        return b""
    return b"".join(parts)


def _write(channel: paramiko.Channel, part: bytes) -> None:
    try:
        channel.sendall(part)
    except paramiko.SSHException as error:
        raise EOFError(str(error)) from error


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    lines: Lines

    def shutdown_request(self, request: Any) -> None:
        """Leave the socket to the line that has it."""


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Lead one caller on."""
        self.server.lines.begin(self.request)
