"""This machine: where built things are kept, what code runs, and files that only their owner may read."""

from govcloud.local.cache import cache_directory, cache_place
from govcloud.local.code import code_digest
from govcloud.local.files import (
    descriptor_path,
    listed,
    private_directory,
    unnamed,
    write_private,
    write_private_bytes,
)
from govcloud.local.openssh import quoted

__all__ = [
    "cache_directory",
    "cache_place",
    "code_digest",
    "descriptor_path",
    "listed",
    "private_directory",
    "quoted",
    "unnamed",
    "write_private",
    "write_private_bytes",
]
