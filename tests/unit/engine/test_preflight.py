"""What stands in the way of a plan is told before its first call: names, addresses, images, sizes, zones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from govcloud.engine.plan import FieldStep, Step
from govcloud.engine.preflight import demand_possible
from govcloud.errors import ToolkitErrors
from govcloud.provider import Consequence, Declared
from unit.clouds import Listed, network, session

CORE = "extranet/core"
DECLARED = {
    f"{CORE}/project": Declared("project", {"name": "city-court"}),
    f"{CORE}/net": Declared("network", {"name": "net", "project": "project-1"}),
    f"{CORE}/subnet": Declared(
        "subnet", {"name": "s", "project": "project-1", "network": "net-1", "cidr": "10.0.0.0/24"}
    ),
    f"{CORE}/port": Declared(
        "port",
        {
            "name": "port",
            "project": "project-1",
            "network": "net-1",
            "fixed_ips": [{"subnet": "subnet-1", "ip_address": "10.0.0.4"}],
        },
    ),
    f"{CORE}/port-in-net-to-come": Declared(
        "port",
        {
            "name": "port",
            "project": "project-1",
            "network": f"{CORE}/net",
            "fixed_ips": [{"subnet": f"{CORE}/subnet", "ip_address": "10.0.0.4"}],
        },
    ),
    f"{CORE}/floating": Declared(
        "floating_ip", {"project": "project-1", "network": "net-1", "address": "10.0.0.4"}
    ),
    f"{CORE}/border": Declared(
        "router",
        {
            "name": "border",
            "project": "project-1",
            "external_network": "net-1",
            "external_fixed_ip": "10.0.0.4",
        },
    ),
    f"{CORE}/image": Declared("image", {"name": "base", "source": "debian", "min_ram": 1024, "min_disk": 5}),
    f"{CORE}/small": Declared("flavor", {"name": "small", "vcpus": 1, "ram": 512, "disk": 5}),
    f"{CORE}/large": Declared("flavor", {"name": "large", "vcpus": 1, "ram": 1024, "disk": 5}),
}


def server(flavor: str = "large", zone: str = "running") -> Declared:
    inputs = {"name": "web", "project": "project-1", "ports": ["port-1"], "availability_zone": zone}
    return Declared("server", {**inputs, "flavor": f"{CORE}/{flavor}", "image": f"{CORE}/image"})


def step(name: str, operation: str = "create", identifier: str = "", **more: Any) -> Step:
    kind = more.pop("kind", None) or DECLARED.get(f"{CORE}/{name}", server()).kind
    found = Step(CORE, f"{CORE}/{name}", kind, operation, identifier, Consequence.NONE, "digest")
    return replace(found, **more)


def port(identifier: str, address: str = "10.0.0.4", **more: Any) -> dict[str, Any]:
    """A port of somebody's in our network."""
    return {
        "id": identifier,
        "name": "",
        "description": "",
        "project_id": "project-9",
        "network_id": "net-1",
        "device_id": "",
        "device_owner": "",
        "fixed_ips": [{"subnet_id": "subnet-1", "ip_address": address}],
    } | more


def told(cloud: Listed, *steps: Step, declared: dict[str, Declared] | None = None) -> list[tuple[str, str]]:
    """What is in the way, with where that is said to be."""
    try:
        demand_possible(session(cloud, declared or DECLARED), steps)
    except ToolkitErrors as errors:
        return [(error.what, str(error.where)) for error in errors.parts()]
    return []


def test_nothing_is_in_the_way_of_nothing() -> None:
    assert told(Listed()) == []


def test_what_may_stand_once_only_must_not_stand_for_somebody_else() -> None:
    cloud = Listed({"/projects": [{"id": "p-7", "name": "city-court", "description": "by hand"}]})
    ((what, where),) = told(cloud, step("project", where="units/city-court.yaml:1"))
    assert what == (
        f"{CORE}/project cannot be made: project p-7 has that name city-court already, and is not ours"
    )
    assert where == "units/city-court.yaml:1"


def test_what_is_in_the_way_and_is_declared_nowhere_is_the_cloud_s() -> None:
    cloud = Listed({"/projects": [{"id": "p-7", "name": "city-court"}]})
    assert told(cloud, step("project"))[0][1] == "cloud extranet"


def test_what_this_plan_takes_away_is_not_in_the_way() -> None:
    cloud = Listed({"/projects": [{"id": "p-7", "name": "city-court", "description": "old"}]})
    assert told(cloud, step("project"), step("old", "delete", "p-7", kind="project")) == []


def test_a_name_that_may_stand_twice_is_in_nobody_s_way() -> None:
    assert told(Listed({"/networks": [network("net-9", "by hand")]}), step("net")) == []


def test_what_an_earlier_run_has_made_already_is_looked_at_no_more() -> None:
    marker = session(Listed(), DECLARED).references.marker(f"{CORE}/project")
    cloud = Listed({"/projects": [{"id": "p-7", "name": "city-court", "description": marker}]})
    assert told(cloud, step("project")) == []


@pytest.mark.parametrize(
    ("other", "holder"),
    [
        ({"name": "printer"}, "printer"),
        ({"device_owner": "network:dhcp"}, "network:dhcp"),
        ({}, "unnamed"),
    ],
)
def test_an_address_that_another_port_has_is_taken(other: dict[str, Any], holder: str) -> None:
    ((what, _),) = told(Listed({"/ports": [port("port-9", **other)]}), step("port"))
    assert what == f"{CORE}/port cannot be made: 10.0.0.4 is that of port port-9 ({holder})"


@pytest.mark.parametrize(
    "other", [port("port-9", "10.0.0.5"), port("port-9", network_id="net-2"), port("port-9", fixed_ips=[])]
)
def test_another_address_or_network_is_free(other: dict[str, Any]) -> None:
    assert told(Listed({"/ports": [other]}), step("port")) == []


def test_in_a_network_to_come_every_address_is_free() -> None:
    cloud = Listed({"/ports": [port("port-9")]})
    assert told(cloud, step("net"), step("port-in-net-to-come")) == []


def test_a_way_out_at_an_address_that_a_port_has_is_taken() -> None:
    ((what, _),) = told(Listed({"/ports": [port("port-9", name="theirs")]}), step("border"))
    assert what == f"{CORE}/border cannot be made: 10.0.0.4 is that of port port-9 (theirs)"


def test_a_floating_address_that_a_port_has_is_taken() -> None:
    ((what, _),) = told(Listed({"/ports": [port("port-9", name="router")]}), step("floating"))
    assert "10.0.0.4 is that of port port-9 (router)" in what


@pytest.mark.parametrize(
    ("name", "holder", "going"),
    [
        pytest.param("port", {}, step("old", "delete", "port-9", kind="port"), id="a port"),
        pytest.param("port", {}, step("port", "replace", "port-9"), id="the port that is replaced"),
        pytest.param(
            "port",
            {"device_id": "router-1", "device_owner": "network:router_interface"},
            step("leg", "delete", "router-1/subnet-1", kind="router_interface"),
            id="a router's leg",
        ),
        pytest.param(
            "floating",
            {"device_id": "floating-1", "device_owner": "network:floatingip"},
            step("floating", "replace", "floating-1"),
            id="the floating address that is replaced",
        ),
    ],
)
def test_an_address_is_free_when_its_holder_goes(name: str, holder: dict[str, Any], going: Step) -> None:
    cloud = Listed({"/ports": [port("port-9", **holder)]})
    coming = [] if going.operation == "replace" else [step(name)]
    assert told(cloud, *coming, going) == []


def test_a_leg_in_another_subnet_still_stands_in_the_way() -> None:
    cloud = Listed({"/ports": [port("port-9", device_id="router-1")]})
    going = step("leg", "delete", "router-1/subnet-2", kind="router_interface")
    assert len(told(cloud, step("port"), going)) == 1


def test_an_image_needs_its_file(tmp_path: Path) -> None:
    file = tmp_path / "debian.qcow2"
    for files in ({}, {"debian": file}, {"other": tmp_path}):
        ((what, _),) = told(Listed(image_files=files), step("image"))
        assert what == f"{CORE}/image cannot be made: there is no file for the image source 'debian'"
    file.touch()
    assert told(Listed(image_files={"debian": file}), step("image")) == []


ZONES = {
    "/os-availability-zone": {
        "availabilityZoneInfo": [
            {"zoneName": "running", "zoneState": {"available": True}},
            {"zoneName": "broken", "zoneState": {"available": False}},
        ]
    }
}


@pytest.mark.parametrize(
    ("declared", "what"),
    [
        pytest.param(server(), "", id="all is there"),
        pytest.param(server("small"), "its flavor has ram 512, and its image asks for 1024", id="too small"),
        pytest.param(
            server(zone="broken"), "the cloud offers no availability zone 'broken'", id="zone is down"
        ),
        pytest.param(server(zone="moon"), "the cloud offers no availability zone 'moon'", id="no such zone"),
    ],
)
def test_a_machine_needs_a_zone_and_a_flavor_that_is_as_large_as_its_image_asks(
    declared: Declared, what: str
) -> None:
    found = told(Listed(documents=ZONES), step("web"), declared={**DECLARED, f"{CORE}/web": declared})
    assert [one.partition("cannot be made: ")[2] for one, _ in found] == ([what] if what else [])


def test_zones_are_asked_for_only_where_a_machine_comes() -> None:
    cloud = Listed()
    assert told(cloud, step("net")) == []
    assert "/os-availability-zone" not in cloud.asked


@pytest.mark.parametrize(
    ("operation", "field", "counted"),
    [
        pytest.param("create", "", True, id="it is new"),
        pytest.param("replace", "network_type", True, id="it stands beside the old one for a while"),
        pytest.param("update", "name", False, id="it stands already"),
        pytest.param("delete", "", False, id="it goes"),
    ],
)
def test_what_comes_is_counted_against_the_quota(operation: str, field: str, counted: bool) -> None:
    cloud = Listed({"/networks": [network("net-1")]}, {"/quotas/project-1": {"quota": {"network": 1}}})
    changes = (FieldStep(field, "a", "b", Consequence.NONE),) if field else ()
    found = told(cloud, step("net", operation, "net-1" if operation != "create" else "", changes=changes))
    assert len(found) == counted


def test_what_goes_before_its_successor_comes_needs_no_more_room() -> None:
    cloud = Listed(
        {"/ports": [port("port-9", project_id="project-1")]}, {"/quotas/project-1": {"quota": {"port": 1}}}
    )
    changes = (FieldStep("network", "a", "b", Consequence.NONE),)
    assert told(cloud, step("port", "replace", "port-9", changes=changes)) == []


def test_everything_in_the_way_is_told_together() -> None:
    cloud = Listed(
        {
            "/projects": [{"id": "p-7", "name": "city-court"}],
            "/ports": [port("port-9")],
        },
        {"/quotas/project-1": {"quota": {"port": 0}}},
    )
    found = told(cloud, step("project"), step("port"), step("image"))
    assert len(found) == 4
