"""Moves PostgreSQL databases, by PostgreSQL's own means: snapshots, COPY, logical replication."""

from govcloud.migrations.postgresql.endpoint import Endpoint
from govcloud.migrations.postgresql.mover import PostgresqlMover

__all__ = ["Endpoint", "PostgresqlMover"]
