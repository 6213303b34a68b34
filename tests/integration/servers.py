"""Servers that a plane's state can lie on: S3 as moto speaks it, and a real PostgreSQL, each on loopback."""

from __future__ import annotations

import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

SETTLES = 30.0
AWS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": "us-east-1"}


@dataclass(frozen=True)
class Place:
    """Where state can lie: the URL for `plane.yaml`, and what the account of it needs in the environment."""

    url: str
    environment: dict[str, str]


@contextmanager
def s3() -> Iterator[Place]:
    """A bucket of its own."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1", **keys)
        client.create_bucket(Bucket="govcloud")
        query = f"region=us-east-1&endpoint={host}:{port}&disableSSL=true&s3ForcePathStyle=true"
        yield Place(f"s3://govcloud/extranet?{query}", AWS)
    finally:
        server.stop()


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    assert found, "Debian's package postgresql is missing: ./dev test installs it"
    return found[-1].parent


def _port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def postgresql(local: str = "scram-sha-256") -> Iterator[Place]:
    """A server of its own, which asks for a password; at its own socket it may be told otherwise."""
    folder = Path(tempfile.mkdtemp(prefix="govcloud-postgresql-"))
    password, port, programs = secrets.token_urlsafe(12), _port(), _programs()
    account = pwd.getpwnam("postgres")
    try:
        (folder / "password").write_text(password)
        shutil.chown(folder, account.pw_uid, account.pw_gid)
        shutil.chown(folder / "password", account.pw_uid, account.pw_gid)
        as_them = ["runuser", "-u", "postgres", "--"]
        data = folder / "data"
        words = [
            str(programs / "initdb"),
            "-D",
            str(data),
            "-A",
            "scram-sha-256",
            "--no-sync",
            f"--auth-local={local}",
        ]
        subprocess.run(
            [*as_them, *words, "--pwfile", str(folder / "password")], check=True, capture_output=True
        )
        settings = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": folder,
            "fsync": "off",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with subprocess.Popen(
            [*as_them, str(programs / "postgres"), "-D", str(data), *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as server:
            try:
                _await(port, server)
                passwords = folder / "pgpass"
                passwords.write_text(f"127.0.0.1:{port}:*:postgres:{password}\n")
                passwords.chmod(0o600)
                url = f"postgres://postgres@127.0.0.1:{port}/postgres?sslmode=disable"
                yield Place(url, {"PGPASSFILE": str(passwords)})
            finally:
                server.terminate()
                server.wait(SETTLES)
    finally:
        shutil.rmtree(folder)


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SETTLES
    while time.monotonic() < deadline:
        assert server.poll() is None, "PostgreSQL ended"
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("PostgreSQL does not answer")
