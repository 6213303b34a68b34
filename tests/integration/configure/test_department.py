"""A court's system moves from its own server to the platform while people use it, and comes home again."""

from __future__ import annotations

from govcloud.demo.department import People
from govcloud.migrations.files.passes import FROM
from govcloud.migrations.remote import Host

from .conftest import Machines
from .department import MOVE, PLANE, Court, arrived, clerks, entered


def test_a_system_moves_while_people_use_it_and_comes_home(court: Court, machines: Machines) -> None:
    assert court.done("assess", "legacy-court", "--seconds", "1")
    # Its attachments go from host to host: where that fails there is no other way for them.
    department = court.settled.department
    assert department.attachments * department.size > FROM
    assert court.site.topology.planes[PLANE].hosts["legacy-court"].transfer_ports
    with People(court.settled.door) as people:
        assert court.done("rehearse", MOVE)["downtime"] < 180
        with clerks(court) as written:
            court.done("run", MOVE)
            done = court.done("cutover", court.ordered(), "--key", court.key("author"))
        people.until(20)
    assert done["differences"] == []
    assert people.refused == {503}
    found = arrived(machines)
    assert len(found) == len(set(found))
    assert not people.lost(found)
    acknowledged = written.result()["acknowledged"]
    assert len(acknowledged) > 100
    assert not set(acknowledged) - set(found)
    assert people.gap < done["downtime"] + 5


def test_the_old_address_leads_to_the_platform(court: Court) -> None:
    assert court.settled.door.title() == court.settled.department.title
    with Host(court.settled.login) as host:
        assert host.run(["systemctl", "is-active", "notices.service"]).out.strip() == b"inactive"


def test_what_was_written_there_comes_home(court: Court, machines: Machines) -> None:
    with People(court.settled.door) as people:
        people.until(20)
        court.done("rollback", MOVE, "--yes")
        people.until(20)
    found = entered(court)
    assert len(found) == len(set(found))
    assert not people.lost(found)
    with Host(court.settled.login) as host:
        assert host.run(["systemctl", "is-active", "notices.service"]).out.strip() == b"active"
        assert host.run(["test", "-e", "/var/lib/govcloud/sites/court-notices"]).code == 1
