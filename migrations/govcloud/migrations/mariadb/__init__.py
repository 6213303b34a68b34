"""Moves MariaDB databases, by the server's own means: lines that it builds itself, and its binary log."""

from govcloud.migrations.mariadb.accounts import Comers
from govcloud.migrations.mariadb.endpoint import Endpoint
from govcloud.migrations.mariadb.mover import MariadbMover

__all__ = ["Comers", "Endpoint", "MariadbMover"]
