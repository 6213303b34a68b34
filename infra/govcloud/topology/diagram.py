"""The topology as one page, readable at city scale: planes apart, routers with what hangs on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from govcloud.topology.model import Machine, PlaneTopology, Router, Segment, Topology


@dataclass(frozen=True)
class Cell:
    """One segment as drawn: its names, prefix, grade, and the machines in it."""

    segment: Segment
    machines: tuple[Machine, ...]


@dataclass(frozen=True)
class Block:
    """One router as drawn: what it summarises, and its segments."""

    router: Router
    title: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Drawing:
    """One plane as drawn: the border first, then the city's routers, then the counties'."""

    plane: PlaneTopology
    border: Block
    city: tuple[Block, ...]
    counties: tuple[Block, ...]


def diagram(topology: Topology) -> str:
    """One HTML page, with nothing beside it."""
    environment = Environment(
        loader=PackageLoader("govcloud.topology"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    drawings = [_drawing(topology, plane) for plane in topology.planes.values()]
    return environment.get_template("diagram.html.j2").render(topology=topology, drawings=drawings)


def _drawing(topology: Topology, plane: PlaneTopology) -> Drawing:
    blocks = list(_blocks(topology, plane))
    border = next(block for block in blocks if block.router.summary is None)
    inner = [block for block in blocks if block is not border]
    return Drawing(
        plane,
        border,
        tuple(block for block in inner if block.router.level == "city"),
        tuple(block for block in inner if block.router.level != "city"),
    )


def _blocks(topology: Topology, plane: PlaneTopology) -> Iterator[Block]:
    machines: dict[str, list[Machine]] = {}
    for machine in plane.machines:
        machines.setdefault(machine.segment, []).append(machine)
    for router in plane.routers:
        cells = tuple(
            Cell(segment, tuple(machines.get(segment.id, ())))
            for segment in plane.segments
            if segment.router == router.id
        )
        yield Block(router, _title(topology, router), cells)


def _title(topology: Topology, router: Router) -> str:
    county = topology.counties.get(router.owner)
    if county is not None:
        return county.name_zh
    return router.id
