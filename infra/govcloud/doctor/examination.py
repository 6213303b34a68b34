"""The whole examination: this machine and its tools, the inventory, the lab, and each plane."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from govcloud.doctor import cloud, lab, plane, tools
from govcloud.doctor.finding import Finding, State, attempt, ok, unknown, wrong
from govcloud.engine import PlaneWork, Site, open_store
from govcloud.errors import ToolkitError
from govcloud.lab import CLOUDS, LabCloud
from govcloud.progress import Progress
from govcloud.provider import Cloud

Check = Callable[[], Iterable[Finding]]


def examine(site: Site, progress: Progress) -> list[Finding]:
    """Look at everything, planes side by side, and change nothing."""
    found = _run("inventory", {"inventory": lambda: _inventory(site)})
    works = {name: site.work.root / name for name in site.planes} if _sound(found) else {}
    needed = [
        one for one in CLOUDS if one.plane in works and _needs(PlaneWork(works[one.plane], one.plane), one)
    ]
    raising = lab.to_raise(needed)
    found = _machine(site) + found + _lab(list(works), needed, raising)
    if not works:
        told = unknown("planes", "only the inventory says which there are", "mend the inventory first")
        return [*found, *_run("planes", {"planes": lambda: [told]})]

    def look(name: str) -> list[Finding]:
        progress.step(f"plane {name}")
        seen = _plane(site, PlaneWork(works[name], name), raising)
        progress.done(f"plane {name}")
        return seen

    with ThreadPoolExecutor(len(works), thread_name_prefix="plane") as pool:
        return found + [finding for seen in pool.map(look, works) for finding in seen]


def _run(area: str, checks: dict[str, Check]) -> list[Finding]:
    return [one for subject, check in checks.items() for one in attempt(area, subject, check)]


def _sound(found: Sequence[Finding]) -> bool:
    return all(one.state is State.OK for one in found)


def _machine(site: Site) -> list[Finding]:
    work = site.work_root or Path(".govcloud")
    return _run(
        "machine",
        {
            "Python": tools.python,
            "disk": lambda: tools.disk(work.absolute()),
            "cache": tools.cache,
            "Pulumi CLI": tools.pulumi,
            "Go": tools.go,
        },
    )


def _inventory(site: Site) -> Iterator[Finding]:
    try:
        resources = sum(len(stack.resources) for stack in site.stacks)
    except ToolkitError as error:
        first, *others = error.parts()
        more = f"; and {len(others)} more errors" if others else ""
        seen = str(ToolkitError(first.what, first.where))
        remedy = first.remedy or "correct it"
        yield wrong("inventory", seen + more, f"{remedy}; `govcloud topology validate` lists every error")
        return
    if not site.planes:
        yield wrong("inventory", f"{site.inventory} has nothing to provision", "add a plane")
        return
    planes = ", ".join(site.planes)
    yield ok("inventory", f"{site.inventory}: {len(site.stacks)} stacks, {resources} resources in {planes}")


def _lab(planes: Sequence[str], needed: Sequence[LabCloud], raising: Sequence[LabCloud]) -> list[Finding]:
    shown = [one for one in CLOUDS if one.plane in planes] or list(CLOUDS)
    checks: dict[str, Check] = {
        "clouds": lambda: lab.clouds(shown, needed),
        "machine": lambda: lab.machine(raising),
        "room": lambda: lab.room(raising),
    }
    return _run("lab", checks)


def _needs(work: PlaneWork, lab_cloud: LabCloud) -> bool:
    """Whether the plane has no cloud yet, or the lab's; one whose credentials cannot be read has its own."""
    try:
        return not work.clouds_file.exists() or cloud.address(work) == lab_cloud.address
    except (ToolkitError, OSError):
        return False


def _cloud(work: PlaneWork, raising: Sequence[LabCloud]) -> Iterable[Finding]:
    if work.clouds_file.exists() and work.plane in [one.plane for one in raising]:
        return [
            unknown("login", "the lab's cloud, to which it leads, is down", "`govcloud lab up` brings it up")
        ]
    return cloud.answers(work, lambda: Cloud(work.plane, work.clouds_file))


def _plane(site: Site, work: PlaneWork, raising: Sequence[LabCloud]) -> list[Finding]:
    stacks = [stack for stack in site.stacks if stack.plane == work.plane]
    name = site.topology.site.id
    store = open_store(site.topology.planes[work.plane].declaration.state, work.state)
    checks: dict[str, Check] = {
        "clouds.yaml": lambda: plane.credentials(work),
        "cloud": lambda: _cloud(work, raising),
        "secret files": lambda: plane.secrets(work),
        "state": lambda: plane.state(name, store),
        "lease": lambda: plane.lease(store),
        "Pulumi locks": lambda: plane.locks(work, name, store),
        "open creates": lambda: plane.intents(store),
        "images": lambda: plane.images(work, stacks),
    }
    return _run(f"plane {work.plane}", checks)
