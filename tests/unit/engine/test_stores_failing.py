"""A store that fails says so at once and in full; it never answers as if nothing were there."""

from __future__ import annotations

import resource
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from botocore import endpoint
from moto.backends import get_backend

from govcloud.engine.stores import Store, StoreError, open_store
from govcloud.engine.stores.files import Files

NAME = ".govcloud/record.json"
CALLS: dict[str, Callable[[Store], object]] = {
    "names": lambda store: store.names(""),
    "read": lambda store: store.read(NAME),
    "record": lambda store: store.record(NAME),
    "write": lambda store: store.write(NAME, b"content"),
    "create": lambda store: store.create(NAME, b"content"),
    "exchange": lambda store: store.exchange(NAME, b"content", "version"),
    "delete": lambda store: store.delete(NAME),
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


def opened(url: str) -> Store:
    return open_store(url, Path())


def failed(store: Store, call: Callable[[Store], object]) -> str:
    with pytest.raises(StoreError) as caught:
        call(store)
    assert caught.value.remedy
    return str(caught.value)


# -- a directory -----------------------------------------------------------------------------------


@every_call
def test_a_directory_that_is_none_is_an_error_for_whoever_asks(
    tmp_path: Path, call: Callable[[Store], object]
) -> None:
    (tmp_path / "state").write_text("a file")
    assert str(tmp_path / "state") in failed(Files(tmp_path / "state"), call)


@pytest.mark.parametrize("name", ["write", "create", "exchange"])
def test_a_place_where_nothing_can_be_made_is_an_error_for_whoever_writes(name: str) -> None:
    failed(Files(Path("/proc/1/state")), CALLS[name])


@contextmanager
def full() -> Iterator[None]:
    """No file may grow beyond a thousand bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_does_not_fit_on_a_disk_changes_nothing(tmp_path: Path) -> None:
    store = Files(tmp_path)
    store.write(NAME, b"before")
    seen = store.record(NAME)
    assert seen is not None
    large = b"x" * 2000
    for call in (
        lambda one: one.write(NAME, large),
        lambda one: one.exchange(NAME, large, seen.version),
        lambda one: one.create("other", large),
    ):
        with full():
            told = failed(store, call)
        assert "cannot write: File too large" in told
    assert store.read(NAME) == b"before"
    assert store.names("") == [NAME]
    assert [path.name for path in (tmp_path / ".govcloud").iterdir()] == ["record.json"]


def test_what_lies_in_a_directory_is_its_owner_s_alone(tmp_path: Path) -> None:
    for name in ("write", "create"):
        root = tmp_path / name
        CALLS[name](Files(root))
        assert stat.S_IMODE(root.stat().st_mode) == 0o700
        assert stat.S_IMODE((root / NAME).stat().st_mode) == 0o600


def test_a_half_written_file_is_no_name_of_a_directory(tmp_path: Path) -> None:
    store = Files(tmp_path)
    store.write(NAME, b"content")
    (tmp_path / ".govcloud/.record.json.7.7").write_bytes(b"con")
    (tmp_path / "link").symlink_to(tmp_path / ".govcloud")
    assert NAME in store.names("")
    assert not [name for name in store.names("") if name.endswith("7.7")]


# -- a bucket --------------------------------------------------------------------------------------


@every_call
def test_a_bucket_that_is_not_there_is_an_error_for_whoever_asks(
    bucket: str, call: Callable[[Store], object]
) -> None:
    gone = bucket.replace("s3://state-", "s3://gone-")
    assert "NoSuchBucket" in failed(opened(gone), call)


def test_a_bucket_of_more_than_one_page_is_listed_whole(bucket: str) -> None:
    held = get_backend("s3")["123456789012"]["aws"]
    names = [f".pulumi/{number:04d}.json" for number in range(1002)]
    for name in names:
        held.put_object(urlsplit(bucket).netloc, f"extranet/state/{name}", b"")
    assert opened(bucket).names(".pulumi/") == names


def test_what_lies_beside_the_prefix_is_another_s(bucket: str) -> None:
    store, whole = opened(bucket), opened(bucket.replace("/extranet/state?", "?"))
    store.write(NAME, b"ours")
    whole.write("extranet/state-2/x", b"another's")
    whole.write("x", b"another's")
    assert store.names("") == [NAME]
    assert whole.names("extranet/state/") == [f"extranet/state/{NAME}"]
    assert store.read("x") is None


@pytest.mark.parametrize("slashes", ["extranet/state", "extranet/state/"])
def test_a_prefix_is_the_same_with_a_slash_behind_it(bucket: str, slashes: str) -> None:
    opened(bucket).write(NAME, b"ours")
    assert opened(bucket.replace("extranet/state", slashes)).read(NAME) == b"ours"


@pytest.mark.parametrize("host", ["http://127.0.0.1:1", "http://nowhere.invalid", "127.0.0.1:1"])
def test_an_endpoint_that_does_not_answer_is_given_up_within_seconds(
    bucket: str, s3: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(endpoint, "time", SimpleNamespace(sleep=pauses.append))
    begun = time.monotonic()
    told = failed(opened(bucket.replace(s3, host)), CALLS["read"])
    assert "cannot read: Could not connect" in told
    assert 0 < len(pauses) <= 5
    assert time.monotonic() - begun + sum(pauses) < 30


def test_an_account_that_is_missing_is_an_error(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert "Unable to locate credentials" in failed(opened(bucket), CALLS["read"])


def test_a_profile_that_is_missing_is_an_error(bucket: str) -> None:
    with pytest.raises(StoreError, match="nobody"):
        opened(f"{bucket}&profile=nobody")


@pytest.mark.parametrize("word", ["regoin=us-east-1", "Region=us-east-1", "secret=x"])
def test_a_word_that_means_nothing_to_s3_is_refused(bucket: str, word: str) -> None:
    with pytest.raises(StoreError, match=f"`{word.partition('=')[0]}` means nothing there") as caught:
        opened(f"{bucket}&{word}")
    assert "endpoint" in str(caught.value.remedy)


# -- a database ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "postgres://user:secret-word@host/database",
        "postgres://:secret-word@host/database",
        "postgres://user:secret-word%40x@host:5432/database?sslmode=require",
        "postgres://user@host/database?password=secret-word",
        "postgres://user@host/database?sslmode=require&password=secret-word&table=x",
        "postgres://user@host/database?sslpassword=secret-word",
    ],
)
def test_a_password_in_the_place_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(StoreError, match="it holds a password") as caught:
        opened(url)
    assert "secret-word" not in str(caught.value)
    assert "PGPASSFILE" in str(caught.value.remedy)


@pytest.mark.parametrize("table", ["Pulumi", "a-b", "1a", 'a"; drop table b', "x" * 60, "schema.table"])
def test_a_table_of_another_form_is_refused(table: str) -> None:
    with pytest.raises(StoreError, match="cannot be a table's name"):
        opened(f"postgres://user@host/database?table={table}")


@every_call
def test_a_database_that_does_not_answer_is_an_error_that_shows_no_password(
    call: Callable[[Store], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "secret-word")
    begun = time.monotonic()
    told = failed(opened("postgres://user@127.0.0.1:1/database"), call)
    assert "the database failed" in told
    assert "secret-word" not in told
    assert time.monotonic() - begun < 30
