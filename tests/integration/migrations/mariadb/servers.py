"""Real MariaDB servers, each in a private directory, on a socket and on loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymysql

from govcloud.migrations.mariadb import Endpoint
from integration.migrations.sshd import free_port

STARTS_WITHIN = 40.0
SETTINGS = (
    "--log-bin=log",
    "--binlog-format=ROW",
    "--binlog-row-image=FULL",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=64M",
    # A process that is killed loses nothing of this; a machine that loses its power would.
    "--innodb-flush-log-at-trx-commit=2",
    "--sync-binlog=0",
    "--innodb-flush-method=nosync",
    "--skip-innodb-doublewrite",
    "--character-set-server=utf8mb4",
    "--event-scheduler=ON",
    "--skip-name-resolve",
)


@dataclass
class Server:
    """One server; its root is let in by the socket without a password."""

    number: int
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def socket(self) -> str:
        return str(self.folder / "socket")

    def endpoint(self, database: str) -> Endpoint:
        return Endpoint(f"MariaDB {self.number}", self.socket, database)

    def connect(self, database: str | None = None, **more: Any) -> pymysql.Connection:
        words: dict[str, Any] = {"unix_socket": self.socket, "user": "root"} | more
        connection = pymysql.connections.Connection(
            database=database, charset="utf8mb4", autocommit=True, defer_connect=True, **words
        )
        try:
            connection.connect()
        except BaseException:
            connection._force_close()
            raise
        return connection

    def ask(self, query: str, database: str | None = None) -> list[tuple[Any, ...]]:
        with self.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute("SET time_zone = '+00:00', sql_mode = 'ALLOW_INVALID_DATES'")
            cursor.execute(query)
            return list(cursor.fetchall())

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    "/usr/sbin/mariadbd",
                    "--no-defaults",
                    f"--datadir={self.folder / 'data'}",
                    f"--socket={self.socket}",
                    f"--port={self.port}",
                    "--bind-address=127.0.0.1",
                    f"--server-id={self.number}",
                    f"--pid-file={self.folder / 'pid'}",
                    *SETTINGS,
                ],
                user="mysql",
                group="mysql",
                extra_groups=[],
                cwd="/",
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        until = time.monotonic() + STARTS_WITHIN
        while True:
            try:
                self.connect().close()
            except pymysql.MySQLError:
                assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
                assert time.monotonic() < until, "it does not come up"
                time.sleep(0.1)
            else:
                return

    def kill(self) -> None:
        """All of it at once, as if its machine had gone."""
        self.stop(signal.SIGKILL)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)

    def grow(self, room: str) -> None:
        """Give its disk more room, while it runs."""
        subprocess.run(["mount", "-o", f"remount,size={room}", str(self.folder)], check=True)

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")


@contextmanager
def running(number: int, room: str = "") -> Iterator[Server]:
    """A new, empty server; with `room`, on a disk of its own of that size."""
    account = pwd.getpwnam("mysql")
    folder = Path(tempfile.mkdtemp(prefix=f"govcloud-mariadb{number}-"))
    server = Server(number, folder, free_port())
    if room:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={room}", "none", str(folder)], check=True)
    try:
        os.chown(folder, account.pw_uid, account.pw_gid)
        folder.chmod(0o711)
        words = ["mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={folder / 'data'}"]
        words += ["--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(words, check=True, capture_output=True)
        server.start()
        yield server
    finally:
        server.stop(signal.SIGKILL)
        if room:
            subprocess.run(["umount", str(folder)], check=True)
        shutil.rmtree(folder)
