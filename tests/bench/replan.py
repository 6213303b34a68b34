"""A plan of the whole city when nothing has changed, against what any plan must cost at least.

The floor is measured in the same run: every list that a plan needs, side by side, and then the engine passing
over the same stacks and state with a provider that answers at once. Needs the city applied (`./dev demo`).
"""

from __future__ import annotations

import os
import resource
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from _figures import Figure, finish, median, timed
from pulumi.runtime.proto import provider_pb2

from govcloud.engine import Setting, Site, each_plane, make_plan
from govcloud.engine.planning import PREVIEWS_AT_ONCE
from govcloud.engine.runner import Runner
from govcloud.engine.schedule import side_by_side
from govcloud.progress import Silent
from govcloud.provider import KINDS, Cloud, Host, Session
from govcloud.provider import host as host_module
from govcloud.provider.servicer import Servicer
from govcloud.toolchain import find_pulumi

ROUNDS = 3


class NoOp(Servicer):
    """Answers everything at once: what is left is the engine."""

    def Check(self, request: Any, context: Any) -> Any:
        """As it came."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:
        """No difference."""
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)


def plan_once(setting: Setting) -> None:
    """One plan, which must find nothing."""
    found = make_plan(setting, Silent(), datetime.now(UTC))
    if found:
        raise SystemExit(f"{setting.plane} is not as declared: {found.counts()}; run ./dev demo first")


def list_once(setting: Setting) -> None:
    """Every list of a plane, side by side."""
    cloud = Cloud(setting.plane, setting.work.clouds_file)
    cloud.login()
    session = Session(setting.site, cloud, {})
    session.snapshot.prefetch(kind for kind in KINDS.values() if kind.listed)
    for kind in KINDS.values():
        if kind.listed:
            session.snapshot.index(kind)
    session.snapshot.close()


def pass_once(setting: Setting) -> None:
    """The engine over all stacks of a plane, with the provider that answers at once."""
    cloud = Cloud(setting.plane, setting.work.clouds_file)
    real, host_module.Servicer = host_module.Servicer, NoOp
    try:
        host = Host(Session(setting.site, cloud, setting.declared))
    finally:
        host_module.Servicer = real
    stacks = {stack.name: stack for stack in setting.stacks}
    with host:
        runner = Runner(setting.backend, setting.pulumi_root, host.environment, "bench")
        order = {stack.name: stack.depends_on for stack in setting.stacks}

        def preview(name: str) -> None:
            runner.preview(stacks[name], setting.declared)

        side_by_side(order, preview, PREVIEWS_AT_ONCE, lambda: None)


def main() -> None:
    """Alternate the three, take medians."""
    work = os.environ.get("GOVCLOUD_WORK")
    inventory = os.environ.get("GOVCLOUD_INVENTORY", "inventories/jiujiang")
    site = Site(Path(inventory), Path(work) if work else None)
    settings = site.settings(find_pulumi(Silent()).root)
    each_plane(settings, plan_once)
    plans, lists, passes = [], [], []
    for _ in range(ROUNDS):
        plans.append(timed(lambda: each_plane(settings, plan_once)))
        lists.append(timed(lambda: each_plane(settings, list_once)))
        passes.append(timed(lambda: each_plane(settings, pass_once)))
    floor = [one + other for one, other in zip(lists, passes, strict=True)]
    ratios = [plan / least for plan, least in zip(plans, floor, strict=True)]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    finish(
        [
            Figure("second plan of the whole city", median(plans), "s"),
            Figure("bare lists side by side", median(lists), "s"),
            Figure("engine with a provider that answers at once", median(passes), "s"),
            Figure("plan / (lists + engine)", median(ratios), "x", 1.5),
            Figure("this process's own peak memory", memory, "MiB", 400),
        ]
    )


if __name__ == "__main__":
    main()
