"""A treasury's system with MariaDB moves from its own server to the platform while people pay, and comes home."""

from __future__ import annotations

import shlex

from govcloud.demo.department import People
from govcloud.migrations.remote import Host

from .conftest import Machines
from .department import COUNTED, PAID, PAYMENTS, Court, paid

DATABASE = "shared-mariadb"


def test_payments_move_while_people_pay(court: Court, machines: Machines) -> None:
    assert court.done("assess", "legacy-payments", "--seconds", "1")
    with People(court.treasury.door) as people:
        people.until(20)
        assert court.done("rehearse", PAYMENTS)["downtime"] < 180
        court.done("run", PAYMENTS)
        done = court.done("cutover", court.ordered(PAYMENTS), "--key", court.key("author"))
        people.until(20)
    assert done["differences"] == []
    found = machines.on(DATABASE, shlex.join([*PAID, "payments"])).split()
    assert len(found) == len(set(found))
    assert not people.lost(found)
    assert machines.on(DATABASE, shlex.join([*COUNTED, "payments"])).strip() == "1"
    assert court.treasury.door.title() == court.treasury.department.title


def test_the_database_lets_in_the_web_machine_alone(court: Court, machines: Machines) -> None:
    assert machines.wrong(DATABASE, "mariadb") == []
    with Host(court.treasury.login) as host:
        assert host.run(["systemctl", "is-active", "treasury.service"]).out.strip() == b"inactive"


def test_what_was_paid_on_the_platform_comes_home(court: Court) -> None:
    with People(court.treasury.door) as people:
        people.until(20)
        court.done("rollback", PAYMENTS, "--yes")
        people.until(20)
    with Host(court.treasury.login) as host:
        found = paid(host)
        assert host.done([*COUNTED, "treasury"]).strip() == b"1"
    assert len(found) == len(set(found))
    assert not people.lost(found)
