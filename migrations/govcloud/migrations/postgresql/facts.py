"""What a database is, besides its rows: every definition, owner, right and setting, one text to a name."""

from __future__ import annotations

import re

from jinja2 import Environment, PackageLoader, StrictUndefined

from govcloud.migrations.postgresql.catalogue import OURS
from govcloud.migrations.postgresql.endpoint import Connection

KIND = re.compile(r"^-- (.+)$", re.MULTILINE)


def queries() -> dict[str, str]:
    """By kind of fact: a query of names and texts."""
    environment = Environment(
        loader=PackageLoader("govcloud.migrations.postgresql"),
        autoescape=False,  # noqa: S701 - it is SQL, made of nothing but itself
        undefined=StrictUndefined,
    )
    _, *parts = KIND.split(environment.get_template("facts.sql.j2").render())
    return dict(zip(parts[::2], parts[1::2], strict=True))


def facts(connection: Connection) -> dict[str, str]:
    """Every fact of the database; names are `kind name`."""
    found = {}
    with connection.transaction():
        connection.execute(b"SET LOCAL search_path = pg_catalog")
        for kind, query in queries().items():
            for name, text in connection.execute(query.encode(), {"ours": OURS}).fetchall():
                found[f"{kind} {name}"] = str(text or "")
    return found
