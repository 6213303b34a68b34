"""What is checked across files. A check is a function that yields the faults it finds; a new one is a new function."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from govcloud.errors import ToolkitError
from govcloud.topology.allocation import Plan
from govcloud.topology.declared import Declared, DeclaredPlane
from govcloud.topology.layout import Layout
from govcloud.topology.selectors import Resolver


def check(
    declared: Declared, planes: Sequence[tuple[DeclaredPlane, Resolver, Layout, Plan]]
) -> Iterator[ToolkitError]:
    """Every fault across files."""
    del declared, planes
    return iter(())
