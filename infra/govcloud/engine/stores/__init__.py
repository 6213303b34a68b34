"""Where a plane's state lies: a directory, an S3 bucket or a PostgreSQL table, shared with Pulumi itself."""

from govcloud.engine.stores.opening import open_store, parse_store
from govcloud.engine.stores.store import Record, Store, StoreError

__all__ = ["Record", "Store", "StoreError", "open_store", "parse_store"]
