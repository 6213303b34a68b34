"""Places that need no server of their own: a directory, and a bucket as moto speaks S3."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore import loaders
from moto.backends import get_backend
from moto.server import ThreadedMotoServer

PLACES = ("directory", "bucket")
ACCOUNT = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The endpoint of a server that answers one request after the other.

    S3 checks a condition and writes in one step; moto does so only where nobody else writes meanwhile.
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    server._server.app = one_by_one(server._server.app)
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@cache
def described() -> loaders.Loader:
    """What the client library reads of S3's description: once, and not for each test."""
    return loaders.Loader()


def one_by_one(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    lock = threading.Lock()

    def answer(environment: dict[str, Any], start: Any) -> Iterable[bytes]:
        with lock:
            return list(app(environment, start))

    return answer


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The URL of an empty place in a bucket of its own, with the account for it in the environment."""
    name = f"state-{uuid.uuid4().hex[:12]}"
    monkeypatch.setattr(loaders, "create_loader", lambda *_: described())
    for variable, value in ACCOUNT.items():
        monkeypatch.setenv(variable, value)
    for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(variable, str(tmp_path / "nowhere"))
    get_backend("s3")["123456789012"]["aws"].create_bucket(name, "us-east-1")
    return f"s3://{name}/extranet/state?endpoint={s3}&region=us-east-1&s3ForcePathStyle=true"


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of each of the places in turn."""
    if request.param == "bucket":
        return str(request.getfixturevalue("bucket"))
    return f"file://{tmp_path}/state"
