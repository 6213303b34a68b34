"""From where a database's accounts come on the platform."""

from __future__ import annotations

from govcloud.migrations.mariadb import Comers


def test_a_login_comes_from_the_platforms_machines_and_from_where_it_came() -> None:
    comers = Comers(("clerk",), ("10.32.16.5", "10.32.16.9"))
    assert comers.of(("clerk", "localhost")) == [
        ("clerk", "localhost"),
        ("clerk", "10.32.16.5"),
        ("clerk", "10.32.16.9"),
    ]
    assert comers.of(("clerk", "10.32.16.5")) == [("clerk", "10.32.16.5"), ("clerk", "10.32.16.9")]


def test_whoever_is_no_login_of_the_systems_stays_where_it_was() -> None:
    assert Comers(("clerk",), ("10.32.16.5",)).of(("auditor", "%")) == [("auditor", "%")]
    assert Comers().of(("clerk", "%")) == [("clerk", "%")]
