"""`python -m govcloud.lab.migrating DIRECTORY SERVICES`: build the databases, in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from govcloud.lab.databases import migrate_all

if __name__ == "__main__":
    migrate_all(Path(sys.argv[1]), Path(sys.argv[2]))
