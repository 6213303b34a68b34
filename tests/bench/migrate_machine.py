"""A whole machine moved while people use it, and taken home: what they lose, and for how long they wait.

The small site's extranet is raised on the lab with a court's server beside it, and that server moves to one of
the platform. The lab must be down: the bench brings up a cloud.

    ./dev bench migrate_machine
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from _figures import Figure, finish, timed

from govcloud.demo.department import People
from govcloud.lab import CLOUDS, EXTRANET, down, status, up
from govcloud.progress import Silent
from govcloud.toolchain import find_pulumi
from integration.configure.conftest import Machines, machines_of
from integration.configure.department import (
    PLANE,
    WHOLE,
    Court,
    carried,
    entered,
    settle_in,
    site_of_the_court,
)
from integration.conftest import StandingLab, apply, offer_images, plan


def main() -> None:
    """Raise, move there, move home."""
    if any(cloud.stands for cloud in status(CLOUDS)):
        raise SystemExit("the lab stands; the bench needs a cloud of its own: `./dev run lab down` first")
    with tempfile.TemporaryDirectory(prefix="govcloud-bench-") as folder:
        work = Path(folder)
        up(work, [EXTRANET], Silent())
        try:
            offer_images(StandingLab(work), work, [EXTRANET])
            site = site_of_the_court(work)
            (setting,) = site.settings(find_pulumi(Silent()).root)
            apply(plan(setting), setting)
            court = settle_in(site, setting)
            machines = machines_of(court.site, PLANE)
            machines.configure()
            figures = [*moved(court, machines), *home(court)]
        finally:
            down(work, [EXTRANET])
    finish(figures)


def moved(court: Court, machines: Machines) -> list[Figure]:
    """There: rehearsed, copied, cut over."""
    court.done("assess", "legacy-court", "--seconds", "1")
    with People(court.settled.door) as people:
        people.until(20)
        rehearsed = court.done("rehearse", WHOLE)["downtime"]
        copying = timed(lambda: court.done("run", WHOLE))
        done = court.done("cutover", court.ordered(WHOLE), "--key", court.key("author"))
        people.until(20)
    found = Counter(carried(machines))
    return [
        Figure("copied while people work", copying, "s"),
        Figure("stop at the rehearsal", rehearsed, "s"),
        Figure("stop", done["downtime"], "s"),
        Figure("longest wait of its people", people.gap, "s"),
        Figure("entries", len(people.acknowledged), ""),
        *wrong("there", people, found),
        Figure("differences between both roots", len(done["differences"]), "", 0),
    ]


def home(court: Court) -> list[Figure]:
    """Taken back, with what was entered on the platform."""
    with People(court.settled.door) as people:
        people.until(20)
        court.done("rollback", WHOLE, "--yes")
        people.until(20)
    return [
        Figure("longest wait on the way home", people.gap, "s"),
        *wrong("home", people, Counter(entered(court))),
    ]


def wrong(where: str, people: People, found: Counter[str]) -> list[Figure]:
    """What was acknowledged and is not there, and what is there twice."""
    twice = sum(1 for count in found.values() if count > 1)
    return [
        Figure(f"acknowledged entries lost, {where}", len(people.lost(found)), "", 0),
        Figure(f"entries twice, {where}", twice, "", 0),
    ]


if __name__ == "__main__":
    main()
