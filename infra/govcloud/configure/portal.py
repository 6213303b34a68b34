"""What the portal of the website group shows that the inventory declares: its sites, its first content."""

from __future__ import annotations

from collections.abc import Mapping
from string import Template
from typing import Any

import yaml

from govcloud.topology import PlaneTopology, Topology

KINDS = {"site": "head", "counties": "county", "units": "department"}


def websites(topology: Topology, plane: PlaneTopology, system: str) -> list[dict[str, Any]]:
    """The rows of the sites that a system hosts: the head, then counties by their code, then departments."""
    rows = []
    for name, website in plane.websites.items():
        if website.hosted_by != system:
            continue
        roster, _slash, of = website.of.partition("/")
        owner = _owner(topology, roster, of)
        row = {
            "id": name,
            "kind": KINDS[roster],
            "name_zh": website.name_zh,
            "owner_zh": owner.name_zh,
            "domain": website.domain,
            "place": _place(topology, roster, of),
        }
        rows.append(row)
    order = list(KINDS.values())
    return sorted(rows, key=lambda row: (order.index(row["kind"]), row["place"], row["id"]))


def _owner(topology: Topology, roster: str, of: str) -> Any:
    if roster == "site":
        return topology.site
    return topology.counties[of] if roster == "counties" else topology.units[of]


def _place(topology: Topology, roster: str, of: str) -> str:
    """What sites of a kind are ordered by: a county's code, areas without one coming last; else the id."""
    if roster == "counties":
        return topology.counties[of].code or f"~{of}"
    return of


def first_content(text: str, topology: Topology, plane: PlaneTopology, system: str) -> dict[str, Any]:
    """The portal's first content from its YAML text, the city's numbers filled in."""
    figures = _figures(topology, plane, system)
    content: dict[str, Any] = yaml.safe_load(Template(text).substitute(figures))
    return content


def _figures(topology: Topology, plane: PlaneTopology, system: str) -> Mapping[str, object]:
    sites = websites(topology, plane, system)
    return {
        "city": topology.site.name_zh,
        "system": plane.systems[system].name_zh,
        "head": next((row["name_zh"] for row in sites if row["kind"] == "head"), topology.site.name_zh),
        "owner": _responsible(topology, plane.systems[system].owner),
        "network": plane.declaration.name_zh,
        "units": len(topology.units),
        "counties": len(topology.counties),
        "townships": sum(len(county.townships) for county in topology.counties.values()),
        "systems": sum(1 for one in plane.systems.values() if one.declared_only is None),
        "county_sites": sum(1 for row in sites if row["kind"] == "county"),
        "sites": len(sites),
    }


def _responsible(topology: Topology, owner: str) -> str:
    unit = topology.units.get(owner)
    return unit.name_zh if unit else topology.site.name_zh
