"""What every store promises, kept by each: names to contents, whole, exchanged in one step."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from govcloud.engine.stores import Store, StoreError, open_store, parse_store
from govcloud.engine.stores.files import Files

NAME = ".govcloud/leases/extranet/core.json"


@pytest.fixture
def store(place: str) -> Store:
    return open_store(place, Path())


def test_what_is_not_there_is_nothing(store: Store) -> None:
    assert store.read(NAME) is None
    assert store.record(NAME) is None
    assert store.names("") == []
    assert store.names(".govcloud/") == []


@pytest.mark.parametrize(
    "content", [b"", b"text\n", "财政局".encode(), bytes(range(256)), b"x" * 1_000_000], ids=len
)
def test_what_was_written_is_read_byte_for_byte(store: Store, content: bytes) -> None:
    store.write(NAME, content)
    assert store.read(NAME) == content
    record = store.record(NAME)
    assert record is not None
    assert record.content == content


def test_writing_again_takes_the_place_of_what_was_there(store: Store) -> None:
    for content in (b"first, and longer", b"second"):
        store.write(NAME, content)
        assert store.read(NAME) == content
    assert store.names("") == [NAME]


def test_another_run_sees_what_this_one_writes(store: Store, place: str) -> None:
    store.write(NAME, b"seen")
    other = open_store(place, Path())
    assert other.read(NAME) == b"seen"
    assert other.url == store.url


def test_names_are_those_that_begin_so_in_their_order(store: Store) -> None:
    names = [".pulumi/a.json", ".pulumi/b/c.json", ".pulumi/b.json", ".pulumi/bc.json", ".govcloud/a.json"]
    for name in names:
        store.write(name, b"")
    assert store.names("") == sorted(names)
    assert store.names(".pulumi/") == sorted(names[:4])
    assert store.names(".pulumi/b") == sorted(names[1:4])
    assert store.names(".pulumi/b/") == [names[1]]
    assert store.names(".pulumi/b.json") == [names[2]]
    assert store.names(".pulumi/x") == []


def test_only_the_first_creates(store: Store) -> None:
    assert store.create(NAME, b"first") is True
    assert store.create(NAME, b"second") is False
    assert store.read(NAME) == b"first"
    store.delete(NAME)
    assert store.create(NAME, b"third") is True


def test_of_many_who_create_at_once_one_does(store: Store) -> None:
    ready = threading.Barrier(6)

    def create(who: int) -> bool:
        ready.wait()
        return store.create(NAME, str(who).encode())

    with ThreadPoolExecutor(6) as pool:
        created = list(pool.map(create, range(6)))
    assert created.count(True) == 1
    assert store.read(NAME) == str(created.index(True)).encode()


def test_a_content_is_exchanged_for_the_very_version_that_was_seen(store: Store) -> None:
    store.write(NAME, b"one")
    seen = store.record(NAME)
    assert seen is not None
    second = store.exchange(NAME, b"two", seen.version)
    assert second is not None
    assert (store.read(NAME), (store.record(NAME) or seen).version) == (b"two", second)
    assert store.exchange(NAME, b"three", seen.version) is None
    assert store.read(NAME) == b"two"
    assert store.exchange(NAME, b"four", second) is not None
    assert store.read(NAME) == b"four"


def test_what_has_gone_or_was_never_there_is_exchanged_by_nobody(store: Store) -> None:
    store.write(NAME, b"one")
    seen = store.record(NAME)
    assert seen is not None
    store.delete(NAME)
    assert store.exchange(NAME, b"two", seen.version) is None
    assert store.exchange("never", b"two", seen.version) is None
    assert store.names("") == []


def test_of_all_who_exchange_at_once_nobody_overwrites_another(store: Store) -> None:
    store.write(NAME, b"0")

    def count(_: int) -> None:
        done = 0
        while done < 5:
            seen = store.record(NAME)
            assert seen is not None
            done += store.exchange(NAME, str(int(seen.content) + 1).encode(), seen.version) is not None

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(4)))
    assert store.read(NAME) == b"20"


def test_a_record_has_an_age_by_the_store_s_clock(store: Store) -> None:
    store.write(NAME, b"young")
    record = store.record(NAME)
    assert record is not None
    assert 0.0 <= record.age < 30.0


def test_what_is_deleted_is_gone_and_may_be_deleted_again(store: Store) -> None:
    store.write(NAME, b"one")
    for _ in range(2):
        store.delete(NAME)
        assert store.read(NAME) is None
    assert store.names("") == []


def test_pulumi_is_led_to_the_same_place(store: Store, place: str) -> None:
    assert store.environment == {"PULUMI_BACKEND_URL": place}
    assert store.url == place


# -- the one setting -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "scheme"),
    [
        ("file:///srv/state", "file"),
        ("s3://bucket/prefix?region=x", "s3"),
        ("postgres://user@host/database", "postgres"),
    ],
)
def test_a_place_is_known_by_its_scheme(url: str, scheme: str) -> None:
    assert parse_store(url) == scheme


@pytest.mark.parametrize(
    "url",
    [
        "",
        "state",
        "/srv/state",
        "s3:bucket",
        "s3://",
        "file://",
        "gs://bucket",
        "https://host",
        "://x",
        "S3://x",
    ],
)
def test_what_is_no_place_for_state_is_refused_with_what_would_be(url: str) -> None:
    with pytest.raises(StoreError, match="is no place for state") as caught:
        open_store(url, Path())
    assert "postgres" in str(caught.value.remedy)


def test_where_no_place_is_named_it_is_the_plane_s_own_directory(tmp_path: Path) -> None:
    store = open_store(None, tmp_path / "state")
    assert isinstance(store, Files)
    store.write(NAME, b"here")
    assert (tmp_path / "state" / NAME).read_bytes() == b"here"
