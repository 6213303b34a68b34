"""What a plan adds fits into what each project may hold, project by project."""

from __future__ import annotations

from typing import Any

import pytest

from govcloud.engine.quotas import NETWORK, over_quota
from govcloud.provider import KINDS, Declared, Session
from govcloud.provider.references import Unresolved
from unit.clouds import SITE, Listed, network, session

SMALL = {"id": "flavor-1", "name": "small", "vcpus": 2, "ram": 2048, "disk": 10, "description": ""}
PROJECT = {"id": "project-1", "name": "court", "description": "", "enabled": True}
TO_COME = Unresolved("extranet/city/new-project")


def server(identifier: str, project: str = "project-1") -> dict[str, Any]:
    return {
        "id": identifier,
        "name": identifier,
        "tenant_id": project,
        "flavor": {"original_name": "small"},
        "metadata": {},
    }


def cloud(**more: Any) -> Listed:
    """A project with one network and one server; `network` and `compute` are its limits."""
    quotas = {
        "/os-quota-sets/project-1": {"quota_set": more.get("compute", {})},
        "/quotas/project-1": {"quota": more.get("network", {})},
    }
    lists = {
        "/networks": [network("net-1")],
        "/projects": [PROJECT],
        "/flavors/detail": [SMALL],
        "/flavors": [SMALL],
        "/servers/detail": [server("server-1")],
    }
    return Listed(lists, quotas)


def told(looking: Session, *coming: tuple[str, dict[str, Any]]) -> list[str]:
    return [error.what for error in over_quota(looking, coming)]


def net(project: Any = "project-1") -> tuple[str, dict[str, Any]]:
    return "network", {"project": project}


def machine(project: Any = "project-1", flavor: Any = "flavor-1") -> tuple[str, dict[str, Any]]:
    return "server", {"project": project, "flavor": flavor}


@pytest.mark.parametrize(
    ("limit", "more", "fits"),
    [(2, 1, True), (2, 2, False), (1, 1, False), (0, 1, False), (-1, 50, True), (None, 50, True)],
)
def test_what_stands_and_what_comes_fit_together_into_the_limit(
    limit: int | None, more: int, fits: bool
) -> None:
    limits = {} if limit is None else {"network": limit}
    errors = told(session(cloud(network=limits)), *[net()] * more)
    if fits:
        assert errors == []
    else:
        assert errors == [f"project-1 may hold {limit} of network, has 1, and would get {more} more"]


@pytest.mark.parametrize("kind", NETWORK)
def test_each_kind_that_neutron_counts_is_counted(kind: str) -> None:
    looking = session(cloud(network={NETWORK[kind]: 0}))
    (error,) = told(looking, (kind, {"project": "project-1"}))
    assert f"may hold 0 of {NETWORK[kind]}" in error


def test_what_nobody_counts_needs_no_room() -> None:
    looking = session(cloud(network={"network": 0}, compute={"instances": 0}))
    assert told(looking, ("keypair", {"name": "operator"}), ("router_route", {"router": "router-1"})) == []


@pytest.mark.parametrize(
    ("limits", "what"),
    [
        ({"instances": 1}, "1 of instances, has 1, and would get 1 more"),
        ({"cores": 3}, "3 of cores, has 2, and would get 2 more"),
        ({"ram": 4095}, "4095 of ram, has 2048, and would get 2048 more"),
        ({"instances": 2, "cores": 4, "ram": 4096}, ""),
        ({"instances": -1, "cores": -1, "ram": -1}, ""),
    ],
)
def test_a_machine_weighs_itself_its_cores_and_its_memory(limits: dict[str, int], what: str) -> None:
    errors = told(session(cloud(compute=limits)), machine())
    assert errors == ([f"project-1 may hold {what}"] if what else [])


def test_projects_are_counted_apart() -> None:
    place = cloud(network={"network": 1})
    place.documents["/quotas/project-2"] = {"quota": {"network": 1}}
    assert told(session(place), net("project-2")) == []
    (error,) = told(session(place), net("project-2"), net("project-2"))
    assert error.startswith("project-2 may hold 1 of network, has 0")


def test_a_limit_that_the_plan_sets_counts_instead_of_the_cloud_s() -> None:
    declared = {
        "extranet/city/court-project": Declared("project", {"name": "court"}),
        "extranet/city/quota": Declared(
            "network_quota", {"project": "extranet/city/court-project", "network": 5}
        ),
    }
    place = cloud(network={"network": 1, "port": 0})
    place.lists["/projects"] = [
        PROJECT
        | {"description": session(Listed(), declared).references.marker("extranet/city/court-project")}
    ]
    assert told(session(place, declared), net(), net()) == []
    (error,) = told(session(place, declared), ("port", {"project": "project-1"}))
    assert "0 of port" in error


def test_a_project_to_come_has_what_is_declared_for_it_and_nothing_else() -> None:
    declared = {
        TO_COME.address: Declared("project", {"name": "new"}),
        "extranet/city/quota": Declared("network_quota", {"project": TO_COME.address, "network": 1}),
    }
    looking = session(cloud(), declared)
    assert told(looking, net(TO_COME), ("port", {"project": TO_COME})) == []
    (error,) = told(looking, net(TO_COME), net(TO_COME))
    assert error == "extranet/city/new-project may hold 1 of network, has 0, and would get 2 more"


def test_a_flavor_to_come_weighs_what_is_declared_for_it() -> None:
    declared = {
        "extranet/core/large": Declared(
            "flavor", {"name": f"{SITE}-large", "vcpus": 8, "ram": 8192, "disk": 20}
        )
    }
    looking = session(cloud(compute={"cores": 9}), declared)
    (error,) = told(looking, machine(flavor=Unresolved("extranet/core/large")))
    assert error == "project-1 may hold 9 of cores, has 2, and would get 8 more"


def test_a_project_is_named_by_its_address_where_it_has_one() -> None:
    looking = session(cloud(network={"network": 0}))
    looking.references.know("extranet/city/court-project", "project-1")
    (error,) = told(looking, net())
    assert error.startswith("extranet/city/court-project may hold 0")


def test_all_that_does_not_fit_is_told() -> None:
    looking = session(cloud(network={"network": 0, "port": 0}, compute={"instances": 0, "cores": 0}))
    errors = told(looking, net(), ("port", {"project": "project-1"}), machine())
    assert [error.split()[5].rstrip(",") for error in errors] == ["network", "port", "cores", "instances"]


def test_nothing_is_asked_of_the_cloud_where_nothing_comes() -> None:
    place = cloud()
    assert told(session(place)) == []
    assert place.asked == []


def test_each_project_s_limits_are_asked_for_once() -> None:
    place = cloud(network={"network": 9})
    assert told(session(place), *[net()] * 5, *[("port", {"project": "project-1"})] * 5) == []
    assert place.asked.count("/quotas/project-1") == 1


def test_kinds_that_are_counted_are_kinds_that_a_project_holds() -> None:
    assert all(KINDS[kind].field("project") is not None for kind in NETWORK)
