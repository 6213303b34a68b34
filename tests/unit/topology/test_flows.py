"""Flows: what the declarations allow, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from govcloud.topology import Flow, PlaneTopology, load

MINIMAL = Path(__file__).parents[3] / "inventories" / "minimal"


@pytest.fixture(scope="module")
def extranet() -> PlaneTopology:
    return load(MINIMAL, ["extranet"]).planes["extranet"]


def to(plane: PlaneTopology, target: str) -> set[tuple[str, str, str]]:
    return {
        (flow.source.kind, flow.source.id, flow.service_id) for flow in plane.flows if flow.target == target
    }


def only(flows: list[Flow]) -> Flow:
    assert len(flows) == 1
    return flows[0]


def test_the_bastion_is_entered_by_operators_alone(extranet: PlaneTopology) -> None:
    assert to(extranet, "bastion") == {("operators", "operators", "ssh")}


def test_every_machine_is_reached_by_the_bastion_and_the_monitoring(extranet: PlaneTopology) -> None:
    assert to(extranet, "managed") == {
        ("group", "bastion", "ssh"),
        ("segments", "segments-management", "icmp"),
    }


def test_a_shared_database_is_reached_by_the_systems_that_need_it(extranet: PlaneTopology) -> None:
    assert to(extranet, "shared-postgresql") == {
        ("group", "portal-web", "postgresql"),
        ("group", "finance-web", "postgresql"),
        ("group", "data-exchange-broker", "postgresql"),
        ("group", "shared-web", "postgresql"),
        ("segments", "segments-management", "postgresql"),
    }


def test_a_system_on_a_shared_machine_is_reached_through_it(extranet: PlaneTopology) -> None:
    assert to(extranet, "shared-web") == {
        ("segments", "units-city-court", "https"),
        ("segments", "units-all", "https"),
        # What still comes to the systems' own servers, once they have moved.
        ("host", "host-legacy-court", "https"),
        ("host", "host-legacy-payments", "https"),
    }


def test_a_whole_machine_is_reached_as_its_host_was(extranet: PlaneTopology) -> None:
    assert to(extranet, "court-archive-server") == {
        ("segments", "units-city-court", "https"),
        ("host", "host-legacy-court", "https"),
    }


def test_a_level_is_one_source_with_the_fewest_prefixes(extranet: PlaneTopology) -> None:
    flow = only([f for f in extranet.flows if f.target == "finance-web" and f.source.id == "units-all"])
    segments = [
        extranet.segment[name].prefix
        for name in ("city-court", "city-finance-bureau", "city-information-office")
    ]
    assert sum(prefix.num_addresses for prefix in flow.source.prefixes) == sum(
        p.num_addresses for p in segments
    )
    assert len(flow.source.prefixes) < len(segments)


def test_a_flow_carries_its_reason_its_approval_and_its_place(extranet: PlaneTopology) -> None:
    flow = only([f for f in extranet.flows if f.target == "portal-web" and f.service_id == "http"])
    assert (flow.because, flow.approved) == ("public portal", "2012-001")
    assert flow.where.file.name == "portal.yaml"


def test_conference_parts_reach_each_other_on_what_they_need(extranet: PlaneTopology) -> None:
    services = {"sip", "sip-tls", "media"}
    assert to(extranet, "hd-backup-edges") == {
        ("group", "hd-backup-bridges", service) for service in services
    }
    assert to(extranet, "hd-backup-bridges") == {
        *(("group", "hd-backup-edges", service) for service in services),
        ("group", "hd-backup-bridges", "any"),
    }
