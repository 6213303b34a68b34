"""A site opened from its inventory: its topology, its stacks, and a setting for each plane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from govcloud.engine.setting import NO_ENGINE, Setting
from govcloud.engine.workdir import PlaneWork, WorkDirectory
from govcloud.errors import ToolkitError
from govcloud.stacks import Stack, compile_topology
from govcloud.topology import Topology, load

Result = TypeVar("Result")


@dataclass(frozen=True)
class Site:
    """An inventory and where its work lies; loading happens when something is asked of it."""

    inventory: Path
    work_root: Path | None
    wanted_planes: tuple[str, ...] = ()

    @cached_property
    def topology(self) -> Topology:
        """The validated topology, of the wanted planes alone if any are named."""
        return load(self.inventory, self.wanted_planes or None)

    @cached_property
    def stacks(self) -> tuple[Stack, ...]:
        """Every stack, in the order of dependencies."""
        return compile_topology(self.topology)

    @cached_property
    def work(self) -> WorkDirectory:
        """Where the site's work lies: `.govcloud/<site>` unless said otherwise."""
        # Whole: the engine runs in directories of its own and would read a relative path from there.
        return WorkDirectory((self.work_root or Path(".govcloud") / self.topology.site.id).absolute())

    @property
    def planes(self) -> tuple[str, ...]:
        """The planes that have stacks, in the order of the stacks."""
        return tuple(dict.fromkeys(stack.plane for stack in self.stacks))

    def plane_work(self, plane: str) -> PlaneWork:
        """One plane's part of the work directory."""
        return self.work.plane(plane)

    def setting(self, plane: str, pulumi_root: Path) -> Setting:
        """What a run over one plane works with."""
        work = self.plane_work(plane)
        declaration = self.topology.planes[plane].declaration
        return Setting(
            site=self.topology.site.id,
            plane=plane,
            stacks=tuple(stack for stack in self.stacks if stack.plane == plane),
            work=work,
            pulumi_root=pulumi_root,
            image_files=work.image_files,
            control=declaration.change_control,
            state_url=declaration.state,
            secrets=self.topology.site.secrets,
        )

    def settings(self, pulumi_root: Path = NO_ENGINE, named: Sequence[str] = ()) -> list[Setting]:
        """A setting for each plane; where stacks or addresses are named, for their planes alone."""
        if not self.planes:
            raise ToolkitError("the inventory has nothing to provision", str(self.inventory), "add a plane")
        wanted = {name.partition("/")[0]: name for name in named}
        for plane in wanted.keys() - set(self.planes):
            known = ", ".join(self.planes)
            raise ToolkitError(
                f"{wanted[plane]} lies in no plane at hand", remedy=f"begin it with one of {known}"
            )
        return [self.setting(plane, pulumi_root) for plane in self.planes if not wanted or plane in wanted]


def each_plane(settings: Sequence[Setting], work: Callable[[Setting], Result]) -> list[Result]:
    """Do the same for several planes side by side: they share nothing."""
    with ThreadPoolExecutor(len(settings), thread_name_prefix="plane") as pool:
        return list(pool.map(work, settings))
