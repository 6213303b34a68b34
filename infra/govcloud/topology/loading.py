"""From a directory of files to a topology: read, check, plan addresses, assemble."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from govcloud.errors import ToolkitError, ToolkitErrors, Where
from govcloud.topology import addressing, allocation, declared
from govcloud.topology.addressing import Plan
from govcloud.topology.assembly import assemble
from govcloud.topology.checks import Context, check
from govcloud.topology.declared import Declared, DeclaredPlane
from govcloud.topology.drafts import Layout
from govcloud.topology.layout import lay_out
from govcloud.topology.model import PlaneTopology, Topology
from govcloud.topology.selectors import Resolver, Rosters


class Draft:
    """A plane on its way: its files, its layout and its address plan."""

    def __init__(self, site: Declared, plane: DeclaredPlane, rosters: Rosters) -> None:
        self.plane = plane
        self.resolver = Resolver(site, plane, rosters)
        self.layout: Layout = lay_out(site, plane, self.resolver)
        self.plan: Plan = self._plan(site.renamed() | plane.renamed())

    @property
    def lock_file(self) -> Path:
        """Where the plane's address plan is recorded."""
        return self.plane.directory / "addresses.lock.yaml"

    def unrecorded(self) -> Iterator[ToolkitError]:
        """What the lock file does not hold yet."""
        if self.plane.plane is not None:
            where = Where(self.lock_file) if self.lock_file.exists() else self.plane.plane.where("addresses")
            yield from addressing.unrecorded(self.plan, self.plane.id, where)

    def context(self, site: Declared) -> Context | None:
        """What checks see of it; None when its plane.yaml could not be read."""
        if self.plane.plane is None:
            return None
        return Context(site, self.plane, self.plane.plane, self.resolver, self.layout, self.plan)

    def _plan(self, renamed: dict[str, tuple[str, ...]]) -> Plan:
        if self.plane.plane is None:
            return Plan()
        return allocation.allocate(
            self.plane.plane,
            self.plane.lock,
            [segment.request() for segment in self.layout.segments],
            [*(machine.request() for machine in self.layout.machines), *self.layout.shared],
            renamed,
        )


def draft(directory: Path, planes: Sequence[str] | None = None) -> tuple[Declared, list[Draft]]:
    """Read and check an inventory as far as it goes; faults are in `Declared.errors`."""
    site = declared.read(directory, planes)
    rosters = Rosters(site)
    drafts = [Draft(site, plane, rosters) for plane in site.planes.values()]
    for item in drafts:
        site.errors.extend(item.plan.errors)
    site.errors.extend(check(site, [context for item in drafts if (context := item.context(site))]))
    return site, drafts


def load(directory: Path, planes: Sequence[str] | None = None) -> Topology:
    """Load an inventory, or only some of its planes.

    Raises ToolkitErrors with every fault of every file, each with file, line, what and remedy;
    ToolkitError when there is no such directory.
    """
    site, drafts = draft(directory, planes)
    raise_all(site.errors)
    # Recording is the step after mending, so it is asked for only when there is nothing to mend.
    raise_all([error for item in drafts for error in item.unrecorded()])
    parts: dict[str, PlaneTopology] = {
        item.plane.id: assemble(site, item.plane, item.resolver, item.layout, item.plan) for item in drafts
    }
    assert site.site is not None  # noqa: S101 -- a missing site.yaml is among the errors raised above
    return Topology(
        site.site, site.units, site.counties, site.blueprints, parts, site.requirements, site.indicators
    )


def raise_all(errors: Sequence[ToolkitError]) -> None:
    """Raise all of them together, in the order of their places; nothing when there are none."""
    if errors:
        raise ToolkitErrors(sorted(dict.fromkeys(errors), key=_place))


def _place(error: ToolkitError) -> tuple[str, int, str]:
    if isinstance(error.where, Where):
        return str(error.where.file), error.where.line, error.what
    return str(error.where or ""), 0, error.what
