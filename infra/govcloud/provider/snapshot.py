"""The cloud as one moment's complete lists: the single truth that plan, adoption and audit read."""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from govcloud.errors import ToolkitError
from govcloud.provider.kind import Kind, Raw

if TYPE_CHECKING:
    from govcloud.provider.cloud import Cloud

QUERIES = {"servers": "all_tenants=True&limit=1000", "flavors": "is_public=None", "images": "limit=1000"}
PATHS = {"servers": "/servers/detail", "flavors": "/flavors/detail"}
LISTS_AT_ONCE = 8


class Snapshot:
    """Complete lists, each fetched once, on first need or ahead of it by `prefetch`.

    A list that fails raises its error to everyone who asks for it: it is never an empty list.
    """

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._lock = threading.Lock()
        self._lists: dict[str, Future[list[Raw]]] = {}
        self._indexes: dict[str, Index] = {}
        self._pool = ThreadPoolExecutor(LISTS_AT_ONCE, thread_name_prefix="list")

    def collection(self, service: str, path: str) -> list[Raw]:
        """All items of a collection such as (`network`, `/ports`)."""
        key = path.rsplit("/", 1)[-1].replace("-", "_")

        def fetch() -> list[Raw]:
            query = QUERIES.get(key, "")
            return list(self.cloud.pages(service, PATHS.get(key, path), key, query))

        return self.once(f"{service}:{path}", fetch)

    def once(self, name: str, fetch: Callable[[], list[Raw]]) -> list[Raw]:
        """The list `name`, fetched by the first who asks."""
        with self._lock:
            future = self._lists.get(name)
            mine = future is None
            if future is None:
                future = self._lists[name] = Future()
        if mine:
            try:
                future.set_result(fetch())
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits for the list
                future.set_exception(error)
        return future.result()

    def prefetch(self, kinds: Iterable[Kind]) -> None:
        """Start fetching the lists of these kinds side by side, without waiting."""
        for kind in kinds:
            self._pool.submit(self._prefetched, kind)

    def _prefetched(self, kind: Kind) -> None:
        # The failure stays in the list's future, where whoever needs the list meets it.
        with contextlib.suppress(ToolkitError):
            self.index(kind)

    def index(self, kind: Kind) -> Index:
        """The kind's objects by id, marker and natural key; empty for a kind without a list."""
        with self._lock:
            found = self._indexes.get(kind.name)
        if found is not None:
            return found
        # Made of the lists outside the lock, by each who asks before it stands; the first one's counts.
        made = Index(kind, kind.list(self) if kind.listed else ())
        with self._lock:
            return self._indexes.setdefault(kind.name, made)

    def one(self, kind: Kind, identifier: str) -> Raw | None:
        """The object of that id as this snapshot has it, or None when it does not exist."""
        if kind.listed:
            return self.index(kind).by_id.get(identifier)
        found = self.once(f"{kind.service}:{kind.name}/{identifier}", lambda: self._read(kind, identifier))
        return found[0] if found else None

    def _read(self, kind: Kind, identifier: str) -> list[Raw]:
        raw = kind.read(self.cloud, identifier)
        return [] if raw is None else [raw]

    def forget(self, kind: Kind) -> None:
        """Drop what is known of a kind, so that the next question asks the cloud again."""
        with self._lock:
            self._indexes.pop(kind.name, None)
            for name in [n for n in self._lists if n.startswith(f"{kind.service}:")]:
                self._lists.pop(name)

    def close(self) -> None:
        """End the threads that fetch ahead."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class Index:
    """One kind's objects, found by id, by marker, or by natural key."""

    def __init__(self, kind: Kind, raws: Sequence[Raw]) -> None:
        self.kind = kind
        self.by_id: dict[str, Raw] = {}
        self._by_marker: dict[str, set[str]] = defaultdict(set)
        self._by_key: dict[tuple[Any, ...], set[str]] = defaultdict(set)
        self._found_by: dict[str, list[set[str]]] = {}
        for raw in raws:
            self.put(raw)

    def put(self, raw: Raw) -> None:
        """Take in an object as it stands now."""
        identifier = self.kind.identity(raw)
        self.drop(identifier)
        self.by_id[identifier] = raw
        found_by = self._found_by[identifier] = []
        marker = self.kind.marker(raw)
        if marker:
            found_by.append(self._by_marker[marker])
        if self.kind.natural_key:
            found_by.append(self._by_key[self.key(self.kind.project(raw))])
        for ids in found_by:
            ids.add(identifier)

    def drop(self, identifier: str) -> None:
        """Forget an object that has been deleted."""
        self.by_id.pop(identifier, None)
        for ids in self._found_by.pop(identifier, ()):
            ids.discard(identifier)

    def key(self, values: dict[str, Any]) -> tuple[Any, ...]:
        """The natural key of an object's fields."""
        return tuple(str(values.get(name)) for name in self.kind.natural_key)

    def marked(self, marker: str) -> list[Raw]:
        """The objects that carry this marker."""
        return [self.by_id[i] for i in sorted(self._by_marker.get(marker, ())) if i in self.by_id]

    def keyed(self, values: dict[str, Any]) -> list[Raw]:
        """The objects that have the natural key of these fields."""
        return [self.by_id[i] for i in sorted(self._by_key.get(self.key(values), ())) if i in self.by_id]
