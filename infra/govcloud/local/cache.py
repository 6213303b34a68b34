"""Where built and fetched things are kept between runs."""

from __future__ import annotations

import os
from pathlib import Path


def cache_place() -> Path:
    """`$GOVCLOUD_CACHE`, else `$XDG_CACHE_HOME/govcloud`, else `~/.cache/govcloud`."""
    explicit = os.environ.get("GOVCLOUD_CACHE")
    return Path(explicit) if explicit else _user_cache() / "govcloud"


def cache_directory() -> Path:
    """That place, made if need be."""
    base = cache_place()
    base.mkdir(parents=True, exist_ok=True, mode=0o700)
    return base


def _user_cache() -> Path:
    configured = os.environ.get("XDG_CACHE_HOME")
    return Path(configured) if configured else Path.home() / ".cache"
