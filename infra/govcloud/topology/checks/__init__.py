"""What is checked across files. A check yields the faults it finds; a new one is a function listed here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from govcloud.errors import ToolkitError
from govcloud.topology.checks import ground, identity, moving, others, reaches, systems
from govcloud.topology.checks.context import Context
from govcloud.topology.declared import Declared

OF_THE_SITE: Sequence[Callable[[Declared], Iterator[ToolkitError]]] = (
    identity.rosters,
    identity.codes,
    identity.renamed,
    identity.rows,
    identity.clouds,
    systems.blueprints,
)

OF_A_PLANE: Sequence[Callable[[Context], Iterator[ToolkitError]]] = (
    identity.names_in_plane,
    ground.members,
    ground.egress,
    ground.grading,
    ground.projects,
    ground.compute,
    ground.external,
    systems.machines,
    systems.systems,
    systems.cycles,
    reaches.reaches,
    others.conferences,
    others.imports,
    others.websites,
    others.approvals,
    moving.hosts,
    moving.moves,
    moving.blackouts,
)


def check(declared: Declared, planes: Sequence[Context]) -> Iterator[ToolkitError]:
    """Every fault across files, of the site and of each plane."""
    for of_site in OF_THE_SITE:
        yield from of_site(declared)
    for context in planes:
        for of_plane in OF_A_PLANE:
            yield from of_plane(context)


__all__ = ["Context", "check"]
