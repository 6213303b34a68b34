"""Each part of a move has its place on the platform, told before anything moves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from govcloud.errors import ToolkitError
from govcloud.migrations.assembly import DatabasePlace, FilesPlace, WebPlace, places
from govcloud.migrations.assembly.placing import opened
from govcloud.topology import load
from unit.inventories import MINIMAL

PLANE = load(MINIMAL).planes["extranet"]
MOVE = PLANE.moves["court-notices-move"]


def test_a_database_bears_the_systems_name_on_the_machine_of_its_component() -> None:
    database = places(PLANE, MOVE)[0]
    assert isinstance(database, DatabasePlace)
    assert (database.machine.id, database.name) == ("shared-postgresql", "court_notices")
    assert database.text == ("postgresql notices", "shared-postgresql, database court_notices")


def test_of_several_databases_each_bears_its_own_name_too() -> None:
    (one,) = MOVE.databases
    several = MOVE.model_copy(update={"databases": (one, one.model_copy(update={"name": "archive"}))})
    found = [place.name for place in places(PLANE, several) if isinstance(place, DatabasePlace)]
    assert found == ["court_notices_notices", "court_notices_archive"]


def test_files_lie_where_the_systems_site_is_served() -> None:
    files = places(PLANE, MOVE)[1]
    assert isinstance(files, FilesPlace)
    assert (files.machine.id, files.path) == (
        "shared-web",
        "/srv/systems/court-notices/srv/notices/attachments",
    )


def test_what_a_site_is_served_from_moves_with_it() -> None:
    content, site = places(PLANE, MOVE)[2:]
    assert content.text[1] == "shared-web, /srv/systems/court-notices/srv/notices/application"
    assert isinstance(site, WebPlace)
    assert (site.text, site.name) == (
        ("site notices.example", "shared-web, /srv/systems/court-notices"),
        "court-notices",
    )


def test_a_rehearsals_copies_lie_apart() -> None:
    database, files, _, site = places(PLANE, MOVE)
    assert site.aside("clone").text[1] == "shared-web, /srv/rehearsals/clone/court-notices"
    assert database.aside("clone").text[1] == "shared-postgresql, database court_notices_clone"
    assert files.aside("clone").text[1] == (
        "shared-web, /srv/rehearsals/clone/court-notices/srv/notices/attachments"
    )


def test_files_without_a_machine_that_serves_are_told() -> None:
    system = PLANE.systems["court-notices"]
    alone = system.model_copy(update={"components": {"database": "shared-postgresql", "files": 10}})
    plane = replace(PLANE, systems={**PLANE.systems, "court-notices": alone})
    with pytest.raises(ToolkitError, match="files lies on no machine, and 0 machines serve the system"):
        places(plane, MOVE)


def test_a_whole_machine_lies_on_the_server_of_its_system() -> None:
    (whole,) = places(PLANE, PLANE.moves["court-archive-move"])
    assert whole.text == ("machine legacy-court", "court-archive-server, container court-archive")
    assert whole.aside("clone").text[1] == "court-archive-server, container court-archive-clone"


def test_a_whole_machine_without_a_server_of_its_own_is_told() -> None:
    move = PLANE.moves["court-archive-move"].model_copy(update={"system": "court-notices"})
    with pytest.raises(
        ToolkitError, match="court-notices lies on 2 machines, and a whole machine comes to lie on one"
    ):
        places(PLANE, move)


def test_the_ports_that_flows_lead_to_are_known() -> None:
    assert opened(PLANE, PLANE.machine["court-archive-server"]) == ((443, 443),)
