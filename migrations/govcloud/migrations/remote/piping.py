"""Programs on a host by the OpenSSH client: bulk goes through it several times as fast as through Python.

One connection serves them all. Its settings stand in a private file for as long as it lasts: the declared
host keys alone are taken, and nothing of the person's own is read. Whoever is killed leaves no connection
behind: each ends with the pipe to it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import selectors
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from govcloud.errors import ToolkitError
from govcloud.local import quoted, write_private
from govcloud.migrations.remote.entering import CIPHERS, KEEPALIVE, SECONDS, LostError
from govcloud.migrations.remote.login import Login
from govcloud.migrations.ties import tied

WIDTH = 1024 * 1024
"""Bytes that a pipe holds: so that neither end waits for the other at every piece."""
PATIENCE = 10.0
LOST = 255
"""What OpenSSH ends with where it was the connection that failed, not the program."""


class Pipe:
    """A program's standard input and output. One thread may write while another reads."""

    def __init__(self, process: subprocess.Popen[bytes], complaints: IO[bytes], login: Login) -> None:
        self._process, self._complaints, self._login = process, complaints, login
        assert process.stdin is not None and process.stdout is not None  # noqa: S101 - so it was started
        self._into, self._from = process.stdin, process.stdout
        for end in (self._into, self._from):
            # Where no more is allowed to this account, what the kernel gave will do.
            with contextlib.suppress(PermissionError):
                fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, WIDTH)

    def write(self, *parts: bytes | bytearray) -> None:
        """Have all of it go; LostError where nobody reads it any more."""
        try:
            for part in parts:
                self._into.write(part)
        except OSError as error:
            raise self._lost(str(error.strerror)) from error

    def flush(self) -> None:
        """Have nothing of what was written wait here."""
        try:
            self._into.flush()
        except OSError as error:
            raise self._lost(str(error.strerror)) from error

    def answers(self, seconds: float) -> bool:
        """Whether there is something to read, or the end, within so many seconds."""
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._from, selectors.EVENT_READ)
            return bool(waiting.select(seconds))

    def read(self, count: int) -> bytes:
        """So many bytes, or fewer where the program ends before."""
        return self._from.read(count)

    def end(self) -> None:
        """Say that nothing more comes."""
        try:
            self._into.close()
        except OSError as error:
            raise self._lost(str(error.strerror)) from error

    def ended(self) -> ToolkitError:
        """Why it ended before it was done."""
        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            code = LOST
        said = self.last_words()
        if code == LOST:
            return self._lost(said or "it ended, or the program there was ended")
        why = f": {said}" if said else ""
        return ToolkitError(
            f"a script of ours ended before it was done{why}",
            self._login.where,
            "see that its Python is 3.7 or newer and that nobody ends it, then run it again",
        )

    def last_words(self) -> str:
        """The last line of its standard error."""
        return _last_line(self._complaints)

    def terminate(self) -> None:
        """Have it end: the host closes its input and output at once. Any thread may ask for it."""
        self._process.terminate()

    def close(self) -> None:
        """End it, should it still run."""
        self.terminate()
        for end in (self._into, self._from):
            with contextlib.suppress(OSError):
                end.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _lost(self, why: str) -> LostError:
        return LostError(
            f"the connection was lost: {why}",
            self._login.where,
            "see that the host and the way to it stand, then run it again: it goes on from there",
        )


class Pipes:
    """One connection by the OpenSSH client, and programs over it; a context manager."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._stack = ExitStack()
        self._words: list[str] = []
        self.programs = 0
        """How many run over it, as whoever starts them counts."""

    def __enter__(self) -> Pipes:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="govcloud-")))
            settings = folder / "config"
            write_private(folder / "known", _known(self._login))
            write_private(settings, _settings(self._login, folder / "known"))
            self._words = ["ssh", "-F", str(settings), "-S", str(folder / "way")]
            # It lives by its pipe: whatever ends this process ends it, too.
            anchor = stack.enter_context(self._running([*self._words, "-M", "-T", _name(0), "cat"]))
            self._demand_answer(anchor)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: Any) -> None:
        self._stack.close()

    @contextmanager
    def program(self, arguments: Sequence[str]) -> Iterator[Pipe]:
        """A program that runs, as root where the login says so."""
        words = ["sudo", "-n", "--", *arguments] if self._login.as_root else list(arguments)
        # By the way that stands, or not at all: where it is gone, OpenSSH would lay another unseen.
        only = ["-o", "ProxyCommand=false", "-T", _name(0)]
        with self._running([*self._words, *only, shlex.join(words)]) as pipe, tied(pipe.terminate):
            yield pipe

    @contextmanager
    def _running(self, command: list[str]) -> Iterator[Pipe]:
        with tempfile.TemporaryFile() as complaints:
            try:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=complaints,
                    bufsize=WIDTH,
                    # Ctrl-C is for this process: what runs there is ended in its own order.
                    start_new_session=True,
                )
            except FileNotFoundError as error:
                raise ToolkitError(
                    "there is no `ssh` on this machine", remedy="install openssh-client"
                ) from error
            pipe = Pipe(process, complaints, self._login)
            try:
                yield pipe
            finally:
                pipe.close()

    def _demand_answer(self, anchor: Pipe) -> None:
        anchor.write(b"\n")
        anchor.flush()
        if not anchor.answers(3 * SECONDS) or anchor.read(1) != b"\n":
            raise anchor.ended()


def _name(hop: int) -> str:
    """What a hop is called in the settings; the host itself is the first."""
    return f"hop-{hop}"


def _hops(login: Login) -> list[Login]:
    return [login] if login.via is None else [login, *_hops(login.via)]


def _known(login: Login) -> str:
    return "".join(f"{_name(at)} {key}\n" for at, hop in enumerate(_hops(login)) for key in hop.host_keys)


def _settings(login: Login, known: Path) -> str:
    """OpenSSH's settings of a way in; a jump host inherits the file, so they hold on each leg."""
    lines, hops = [], _hops(login)
    for at, hop in enumerate(hops):
        own = {"HostName": hop.address, "Port": hop.port, "User": hop.user, "IdentityFile": quoted(hop.key)}
        if at + 1 < len(hops):
            own["ProxyJump"] = _name(at + 1)
        lines += [f"Host {_name(at)}", *(f"  {word} {value}" for word, value in own.items())]
        lines += [f"  HostKeyAlias {_name(at)}"]
    lines += ["Host *", *(f"  {word} {value}" for word, value in _EVERYWHERE.items())]
    return "\n".join([*lines, f"  UserKnownHostsFile {quoted(known)}", ""])


_EVERYWHERE = {
    "BatchMode": "yes",
    "CheckHostIP": "no",
    "Ciphers": ",".join(CIPHERS),
    "ClearAllForwardings": "yes",
    "Compression": "no",
    "ConnectTimeout": int(SECONDS),
    "ForwardAgent": "no",
    "GlobalKnownHostsFile": "/dev/null",
    "IdentitiesOnly": "yes",
    "IdentityAgent": "none",
    "LogLevel": "ERROR",
    "PreferredAuthentications": "publickey",
    "ServerAliveInterval": KEEPALIVE,
    "StrictHostKeyChecking": "yes",
    "UpdateHostKeys": "no",
}


def _last_line(stream: IO[bytes]) -> str:
    """The last line that was written to a file; it is read where it lies, as others may write on."""
    size = os.fstat(stream.fileno()).st_size
    text = os.pread(stream.fileno(), 4096, max(0, size - 4096)).decode(errors="replace").strip()
    return text.splitlines()[-1] if text else ""
