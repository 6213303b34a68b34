"""What moving a whole machine does at both sides; the bench `migrate_machine` moves one there and home."""

from __future__ import annotations

import time

from govcloud.cli.migrate.ways import way_to_machine
from govcloud.demo.department import People
from govcloud.migrations.machines import Container, LiveHost
from govcloud.migrations.remote import Host
from govcloud.progress import Silent

from .conftest import Machines
from .department import PLANE, SERVER, Court

ROOTS = "/var/lib/machines"
OWN = "bin sbin lib lib64 usr etc root srv home"


def test_a_root_runs_in_a_container_alone_and_nothing_of_it_stays(court: Court, machines: Machines) -> None:
    assert machines.wrong(SERVER, "nspawn") == []
    plane = court.site.topology.planes[PLANE]
    with Host(way_to_machine(court.site, plane, SERVER, Silent())) as host:
        root = Container(host, "tried", alone=True)
        root.make()
        try:
            machines.on(SERVER, f"cd /; cp -a {OWN} {ROOTS}/tried; mkdir {ROOTS}/tried/var")
            for _ in range(2):  # a run that was killed does it once more
                root.start(60)
            links = machines.on(SERVER, "systemd-run -M tried --pipe --wait -q cat /proc/net/dev")
            assert "lo:" in links
            assert "eth0" not in links
            for _ in range(2):
                root.stop(60)
                assert root.hold("fence")["fenced"]
            assert host.run(["touch", f"{ROOTS}/tried/root/kept"]).code != 0
        finally:
            for _ in range(2):
                root.remove()
    assert machines.on(SERVER, f"ls -A {ROOTS} /etc/systemd/nspawn").split() == [
        "/etc/systemd/nspawn:",
        f"{ROOTS}:",
    ]


def test_a_host_that_is_held_writes_nothing_and_runs_again_when_it_is_let_go(court: Court) -> None:
    service = ["systemctl", "is-active", "notices.service"]
    with Host(court.settled.login) as host:
        side = LiveHost(host)
        try:
            for _ in range(2):  # a run that was killed does it once more
                side.stop(60)
                assert dict(side.hold("fence")) == {"writers": [], "fenced": True}
            assert host.run(service).out.strip() != b"active"
            assert host.run(["touch", "/srv/notices/written"]).code != 0
        finally:
            for _ in range(2):
                assert not side.hold("unfence")["fenced"]
                side.start(60)
        until = time.monotonic() + 60
        while host.run(service).out.strip() != b"active":
            assert time.monotonic() < until
            time.sleep(0.5)
        assert host.run(["test", "-e", "/etc/systemd/system-generators/govcloud-held"]).code == 1
    with People(court.settled.door) as people:
        people.until(5)


def test_who_holds_a_file_open_for_writing_is_named_and_nothing_is_held(court: Court) -> None:
    with Host(court.settled.login) as host, host.started(["sh", "-c", "exec sleep 60 > /srv/kept"]):
        time.sleep(1)
        found = LiveHost(host).hold("fence")
        assert not found["fenced"]
        assert any("sleep" in one and "/srv/kept" in one for one in found["writers"])
