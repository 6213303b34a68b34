"""A host that was entered: runs programs there, and leads connections there and from there."""

from __future__ import annotations

import contextlib
import json
import shlex
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import paramiko

from govcloud.errors import ToolkitError
from govcloud.migrations.remote.entering import SECONDS, LostError, entered
from govcloud.migrations.remote.login import Login
from govcloud.migrations.remote.piping import Pipe, Pipes
from govcloud.migrations.ties import tied

ANSWER_LIMIT = 64 * 1024 * 1024
"""Bytes that a program may print before it is ended: an answer is kept in memory."""
CHUNK = 256 * 1024
PROGRAMS = 8
"""At once over one connection: a server as it comes lets one open ten sessions."""
# Reads the script's length, the script, and leaves the rest of standard input to it.
LOADER = (
    "import sys; n = int(sys.stdin.buffer.readline()); "
    "exec(compile(sys.stdin.buffer.read(n), '<govcloud>', 'exec'))"
)


@dataclass(frozen=True)
class Result:
    """How a program ended, and what it printed; a code below zero is that of one that a signal ended."""

    code: int
    out: bytes
    err: bytes


class Host:
    """One connection to a host; a context manager. Safe to use from several threads."""

    def __init__(self, login: Login) -> None:
        self.login = login
        self._stack = ExitStack()
        self._entered: paramiko.Transport | None = None
        self._pipes: list[Pipes] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Host:
        self._entered = self._stack.enter_context(entered(self.login))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        self._entered, self._pipes = None, []

    @property
    def _transport(self) -> paramiko.Transport:
        if self._entered is None:
            raise ValueError("a host is used inside its context")
        return self._entered

    def run(self, arguments: Sequence[str], given: bytes = b"", seconds: float = 600.0) -> Result:
        """Run a program with `given` as its standard input; ToolkitError where it is silent for `seconds`."""
        with self.started(arguments) as channel:
            channel.settimeout(seconds)
            with self.losing():
                writer = threading.Thread(target=_give, args=(channel, given), daemon=True)
                writer.start()
                out, err = self._read(channel, arguments[0])
                code = channel.recv_exit_status()
                writer.join()
                if code < 0 and not self._transport.is_active():
                    raise EOFError("the connection ended before the program did")
        return Result(code, out, err)

    def done(self, arguments: Sequence[str], given: bytes = b"", seconds: float = 600.0) -> bytes:
        """What a program prints; ToolkitError with its last words where it fails."""
        result = self.run(arguments, given, seconds)
        if result.code != 0:
            said = result.err.decode(errors="replace").strip().splitlines()
            raise ToolkitError(
                f"{arguments[0]} ended with {result.code}: {said[-1] if said else 'it said nothing'}",
                self.login.where,
                "see there what it needs",
            )
        return result.out

    def python(self, script: str, wishes: Mapping[str, Any], seconds: float = 600.0) -> bytes:
        """What a script prints that reads its wishes as JSON; nothing of either is in a process list."""
        code = script.encode()
        given = b"%d\n" % len(code) + code + json.dumps(wishes).encode()
        result = self.run(["python3", "-c", LOADER], given, seconds)
        if result.code == 127:
            raise ToolkitError("there is no python3", self.login.where, "install Python 3.7 or newer there")
        if result.code != 0:
            said = result.err.decode(errors="replace").strip().splitlines()
            raise ToolkitError(
                f"a script of ours ended with {result.code}: {said[-1] if said else 'it said nothing'}",
                self.login.where,
                "see that its Python is 3.7 or newer",
            )
        return result.out

    @contextmanager
    def started(self, arguments: Sequence[str]) -> Iterator[paramiko.Channel]:
        """A program that runs, as a channel to its standard input and output."""
        channel = self._start(arguments)
        try:
            with tied(channel.close):
                yield channel
        finally:
            channel.close()

    def script(self, script: bytes, given: bytes, account: str | None = None) -> paramiko.Channel:
        """A script of ours that runs, with `given` as the first of its standard input; as that account."""
        words = ["python3", "-c", LOADER]
        channel = self._start(words if account is None else ["runuser", "-u", account, "--", *words])
        with self.losing():
            channel.sendall(b"%d\n" % len(script) + script + given)
        return channel

    @contextmanager
    def piped(self, script: bytes) -> Iterator[Pipe]:
        """A script of ours that runs, as pipes to it: they take more in a second than a channel."""
        with self._roomy() as pipes, pipes.program(["python3", "-c", LOADER]) as pipe:
            pipe.write(b"%d\n" % len(script), script)
            yield pipe

    @contextmanager
    def _roomy(self) -> Iterator[Pipes]:
        """A connection that takes one more program; another is laid where those that stand have no room."""
        with self._lock:
            found = next((one for one in self._pipes if one.programs < PROGRAMS), None)
            if found is None:
                found = self._stack.enter_context(Pipes(self.login))
                self._pipes.append(found)
            found.programs += 1
        try:
            yield found
        finally:
            with self._lock:
                found.programs -= 1

    def _start(self, arguments: Sequence[str]) -> paramiko.Channel:
        words = ["sudo", "-n", "--", *arguments] if self.login.as_root else list(arguments)
        with self.losing():
            channel = self._transport.open_session(timeout=SECONDS)
            with tied(channel.close):
                channel.exec_command(shlex.join(words))
        return channel

    def _read(self, channel: paramiko.Channel, program: str) -> tuple[bytes, bytes]:
        """What it prints on both of its outputs, each read as it comes."""
        parts: dict[str, list[bytes]] = {"err": []}
        reader = threading.Thread(target=_drain, args=(channel, parts["err"]), daemon=True)
        reader.start()
        out, size = [], 0
        while part := channel.recv(CHUNK):
            out.append(part)
            size += len(part)
            if size > ANSWER_LIMIT:
                raise ToolkitError(f"{program} printed more than {ANSWER_LIMIT} bytes", self.login.where)
        reader.join()
        return b"".join(out), b"".join(parts["err"])

    @contextmanager
    def losing(self) -> Iterator[None]:
        """Tells what goes wrong with the connection in words that name the host."""
        try:
            yield
        except TimeoutError as error:
            raise ToolkitError(
                "it did not answer in time", self.login.where, "see what holds it up"
            ) from error
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise self._lost(error) from error

    def _lost(self, error: BaseException) -> LostError:
        return LostError(
            f"the connection was lost: {str(error) or type(error).__name__}",
            self.login.where,
            "see that the host and the way to it stand, then run it again: it goes on from there",
        )


def _give(channel: paramiko.Channel, given: bytes) -> None:
    """Write all of it; a program that ends without reading it, or is lost, is judged by how it ended."""
    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        channel.sendall(given)
        channel.shutdown_write()


def _drain(channel: paramiko.Channel, parts: list[bytes]) -> None:
    """Keep the last of what it complains of; whoever reads its answer sees how it ends."""
    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        while part := channel.recv_stderr(CHUNK):
            parts.append(part[-4096:])
            del parts[:-8]
