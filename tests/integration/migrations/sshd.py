"""A real OpenSSH server on loopback, for tests of what goes over SSH."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from govcloud.migrations.remote import Login

SETTINGS = """
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
PidFile {folder}/pid
AuthorizedKeysFile {folder}/authorized
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowTcpForwarding yes
MaxSessions 64
MaxStartups 64
LogLevel VERBOSE
SetEnv HOME={folder} PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
"""
"""What a person keeps in their own shell's settings is no host's: it would be run before each command."""


@dataclass(frozen=True)
class Server:
    """One that runs, its process, and how it is entered."""

    process: subprocess.Popen[bytes]
    login: Login


def key(file: Path) -> str:
    """Make a key; its public half as `type base64`."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(file)], check=True)
    return " ".join(file.with_suffix(".pub").read_text().split()[:2])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def running(folder: Path, label: str = "legacy") -> Iterator[Server]:
    """A server that lets the account of this process in by a key of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    host_key, ours, port = key(folder / "host"), key(folder / "ours"), free_port()
    (folder / "authorized").write_text(ours + "\n")
    (folder / "sshd_config").write_text(SETTINGS.format(port=port, folder=folder))
    Path("/run/sshd").mkdir(exist_ok=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["/usr/sbin/sshd", "-D", "-e", "-f", str(folder / "sshd_config")], stderr=log
        )
    try:
        _wait(port)
        user = pwd.getpwuid(os.getuid()).pw_name
        yield Server(process, Login(label, "127.0.0.1", port, user, folder / "ours", (host_key,)))
    finally:
        process.terminate()
        process.wait(10)


def through(server: Server, bastion: Server) -> Login:
    return replace(server.login, via=bastion.login)


def _wait(port: int) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < until, "sshd did not come up"
            time.sleep(0.05)
