"""Our side in a process of its own, as the peer's is: `python _ours.py SIZE WORK [STACKS AT_ONCE]`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from _objects import NAME, PLANE, stacks_of

from govcloud.engine import Setting, WorkDirectory, apply_plan, applying, make_plan, runner, write_plan
from govcloud.progress import Silent
from govcloud.toolchain import find_pulumi


def setting_of(size: int, work: Path) -> Setting:
    """The objects as a plane of ours."""
    pulumi = find_pulumi(Silent()).root
    return Setting(NAME, PLANE, stacks_of(size), WorkDirectory(work).plane(PLANE), pulumi, {})


def main(size: int, work: Path) -> None:
    """Plan, then apply, in a work directory without state."""
    setting = setting_of(size, work)
    now = datetime.now(UTC)
    folder = write_plan(make_plan(setting, Silent(), now), setting.work.plans)
    apply_plan(folder, setting, Silent(), now)


if __name__ == "__main__":
    if sys.argv[3:]:
        applying.UPDATES_AT_ONCE, runner.PARALLEL = map(int, sys.argv[3:])
    main(int(sys.argv[1]), Path(sys.argv[2]))
