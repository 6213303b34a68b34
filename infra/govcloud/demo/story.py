"""The demonstration's steps, in order; what can run side by side does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from typing import Any

from govcloud.demo.machines import configure_all
from govcloud.demo.moving import Moving, brought, move_in, shown_move
from govcloud.demo.proofs import prove
from govcloud.demo.report import Report
from govcloud.demo.review import DIRECTORY, reviewed
from govcloud.engine import (
    PlanFolder,
    Setting,
    Site,
    apply_plan,
    each_plane,
    make_plan,
    take_census,
    write_plan,
)
from govcloud.errors import ToolkitError
from govcloud.lab import CLOUDS, offer_image, up
from govcloud.progress import Progress
from govcloud.toolchain import find_pulumi

Say = Callable[[str], None]


def demonstrate(site: Site, progress: Progress, say: Say) -> Report:
    """Raise the city and prove it; ToolkitError where a step fails."""
    resources = sum(len(stack.resources) for stack in site.stacks)
    say(f"{site.topology.site.id} is valid: {len(site.stacks)} stacks, {resources} resources")
    settings = _bring_up(site, progress)
    folders = each_plane(settings, lambda s: _planned(s, progress))
    for folder in folders:
        plan, signatures = folder.plan, len(folder.sealed.signatures)
        say(
            f"{plan.plane}: {plan.counts() or 'nothing to do'}; {signatures} signatures; "
            f"read {folder.sealed.folder}/plan.html"
        )
    _apply(folders, settings, progress, say)
    # A department's server boots and is furnished while the city's machines are configured.
    with ThreadPoolExecutor(1, thread_name_prefix="department") as pool:
        departments = pool.submit(lambda: list(_brought(site, settings, progress)))
        configure_all(site, settings, progress, say)
        censuses = tuple(each_plane(settings, take_census))
        proofs = prove(site, settings)
    moved = [move_in(one, say) for one in departments.result()]
    return Report(censuses, (*proofs, *moved), _next_steps(site))


def _bring_up(site: Site, progress: Progress) -> list[Setting]:
    """The lab and the Pulumi CLI, which have nothing to do with each other."""
    clouds = [cloud for cloud in CLOUDS if cloud.plane in site.planes]
    pool = ThreadPoolExecutor(2, thread_name_prefix="bring-up")
    toolchain = pool.submit(find_pulumi, progress)
    lab = pool.submit(up, site.work.root, clouds, progress)
    try:
        # What fails first is told at once, though the other may go on for minutes.
        steps: list[Future[Any]] = [toolchain, lab]
        for step in wait(steps, return_when=FIRST_EXCEPTION).done:
            step.result()
        root = toolchain.result().root
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    for cloud in clouds:
        offer_image(site.plane_work(cloud.plane).root / "images")
    return site.settings(root)


def _planned(setting: Setting, progress: Progress) -> PlanFolder:
    made = make_plan(setting, progress, datetime.now(UTC), author="demonstration")
    return reviewed(write_plan(made, setting.work.plans), setting)


def _apply(folders: list[PlanFolder], settings: list[Setting], progress: Progress, say: Say) -> None:
    by_plane = {folder.plan.plane: folder for folder in folders}
    busy = [setting for setting in settings if by_plane[setting.plane].plan]
    if not busy:
        say("the clouds are what is declared already")
        return
    for setting, applied in zip(
        busy,
        each_plane(busy, lambda s: apply_plan(by_plane[s.plane], s, progress, datetime.now(UTC))),
        strict=True,
    ):
        say(f"{setting.plane}: {applied.standing} objects stand as planned")
    left = [
        plan for plan in each_plane(settings, lambda s: make_plan(s, progress, datetime.now(UTC))) if plan
    ]
    if left:
        found = ", ".join(f"{plan.plane}: {plan.counts()}" for plan in left)
        raise ToolkitError(
            f"a second plan finds something to do: {found}", remedy="run `govcloud plan`, read it"
        )
    say("a second plan finds nothing to do")


def _brought(site: Site, settings: list[Setting], progress: Progress) -> Iterator[Moving]:
    for setting in settings:
        if (move := shown_move(site.topology.planes[setting.plane])) is not None:
            yield brought(site, setting, move, progress)


def _next_steps(site: Site) -> tuple[str, ...]:
    planes = site.topology.planes
    plane = min(site.planes, key=lambda name: planes[name].declaration.change_control.signatures)
    work = site.plane_work(plane)
    signers = work.root / DIRECTORY
    return (
        f"the plans that were applied: {work.plans}/*/plan.html",
        f"what a rehearsal and a night leave: {work.root}/migrations/moves/*/rehearsal.html and evidence/*",
        "a machine's shell: ./dev run ssh shared-postgresql",
        "row by row of the requirements, what stands: ./dev run topology show --rows",
        "change something by hand and see: ./dev run drift",
        f"plan as its author: ./dev run plan --plane {plane} --key {signers}/author",
        f"sign it as another, then apply it: ./dev run approve FOLDER --key {signers}/reviewer-1",
        "take it all down: ./dev run lab down",
    )
