"""What code this is: the version that people know, and a digest of the very files that run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

SUFFIXES = frozenset({".py", ".j2"})


def code_digest(packages: Iterable[Path]) -> str:
    """`<version>+<12 hex digits>` of the code and templates below these directories."""
    code = hashlib.sha256()
    for root in packages:
        for path in sorted(root.rglob("*")):
            if path.suffix in SUFFIXES:
                code.update(path.relative_to(root.parent).as_posix().encode() + path.read_bytes())
    return f"{version('govcloud')}+{code.hexdigest()[:12]}"
