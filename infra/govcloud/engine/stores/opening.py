"""From the one setting, a plane's `state`, to its store."""

from __future__ import annotations

from pathlib import Path

from govcloud.engine.stores.files import Files
from govcloud.engine.stores.store import Store, StoreError

SCHEMES = ("file", "s3", "postgres")


def parse_store(url: str) -> str:
    """The URL's scheme; StoreError where it is none that a plane's state can lie in."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in SCHEMES or not rest:
        raise StoreError(f"{url!r} is no place for state", "state", f"begin it with one of {SCHEMES}")
    return scheme


def open_store(url: str | None, directory: Path) -> Store:
    """The store at `url`; the plane's own directory where none is named.

    The clients of S3 and PostgreSQL are imported when they are meant: they take a second.
    """
    if url is None:
        return Files(directory)
    scheme = parse_store(url)
    if scheme == "file":
        return Files(Path(url.removeprefix("file://")))
    if scheme == "s3":
        from govcloud.engine.stores.s3 import Bucket

        return Bucket(url)
    from govcloud.engine.stores.postgres import Table

    return Table(url)
