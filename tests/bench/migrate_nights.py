"""Whole nights on the lab: a court's system moves under load, as often as is wished, and comes home each time.

Held against each other: what each rehearsal foretold, and what its night took. Two people use the site and
clerks write 500 commits a second at the server itself; all that was acknowledged is looked for afterwards. The
lab may stand; the bench raises the small site in its extranet and takes it down again.

    ./dev bench migrate_nights [--nights 10]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from _figures import Figure, finish, median

from govcloud.demo.department import People, guest_of
from govcloud.lab import CLOUDS, down, status, up
from govcloud.progress import Silent
from govcloud.toolchain import find_pulumi
from integration.configure.conftest import Machines, machines_of
from integration.configure.department import (
    MOVE,
    PLANE,
    Court,
    arrived,
    clerks,
    entered,
    settle_in,
    site_of_the_court,
)
from integration.conftest import StandingLab, apply, offer_images, plan

WITHIN, SECONDS = 0.3, 1.0


@dataclass
class Nights:
    """What was measured, night by night."""

    foretold: list[float]
    took: list[float]
    gaps: list[float]
    rates: list[float]
    lost: int = 0
    twice: int = 0

    @property
    def last(self) -> str:
        """The last one, for whoever waits."""
        figures = f"foretold {self.foretold[-1]:.1f} s, took {self.took[-1]:.1f} s"
        return f"{figures}, people saw {self.gaps[-1]:.1f} s, {self.rates[-1]:.0f} commits/s"

    @property
    def true(self) -> int:
        """Nights that took as long as was foretold, within 30 % or a second."""
        pairs = zip(self.foretold, self.took, strict=True)
        return sum(abs(told - took) <= max(SECONDS, WITHIN * took) for told, took in pairs)


def main() -> None:
    """One night after another, on the same two hosts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--nights", type=int, default=10)
    wanted = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="govcloud-bench-") as name,
        settled(Path(name)) as (court, machines),
    ):
        nights = Nights([], [], [], [])
        for number in range(wanted.nights):
            night(court, machines, nights)
            print(f"night {number + 1}: {nights.last}", file=sys.stderr)
    finish(
        [
            Figure("nights", len(nights.took), ""),
            Figure(
                "as long as foretold, within 30 % or 1 s", nights.true / len(nights.took), "", 0.9, "higher"
            ),
            Figure("downtime, median", median(nights.took), "s"),
            Figure("downtime, longest", max(nights.took), "s"),
            Figure("seen by people, median", median(nights.gaps), "s"),
            Figure("commits a second at the stop", median(nights.rates), "/s"),
            Figure("acknowledged and lost", nights.lost, "", 0),
            Figure("twice", nights.twice, "", 0),
        ]
    )


@contextmanager
def settled(folder: Path) -> Iterator[tuple[Court, Machines]]:
    """The small site standing and configured, and the court's server."""
    ours = [now.cloud for now in status(CLOUDS) if not now.alive]
    up(folder / "lab", CLOUDS)
    try:
        offer_images(StandingLab(folder / "lab"), folder)
        site = site_of_the_court(folder)
        (setting,) = site.settings(find_pulumi(Silent()).root)
        apply(plan(setting), setting)
        try:
            court = settle_in(site, setting)
            machines = machines_of(court.site, PLANE)
            machines.configure()
            yield court, machines
        finally:
            # Each department's server holds an address of the plane's: none may stay.
            for move in site.topology.planes[PLANE].moves.values():
                guest_of(site, PLANE, move).fall()
            apply(plan(setting, destroy=True), setting)
    finally:
        down(folder / "lab", ours)


def night(court: Court, machines: Machines, nights: Nights) -> None:
    """Rehearsed, moved, counted, and taken home."""
    with People(court.settled.door) as people:
        with clerks(court) as written:
            nights.foretold.append(court.done("rehearse", MOVE)["downtime"])
            court.done("run", MOVE)
            done = court.done("cutover", court.ordered(), "--key", court.key("author"))
        people.until(20)
    nights.took.append(done["downtime"])
    nights.gaps.append(people.gap)
    acknowledged = written.result()["acknowledged"]
    nights.rates.append(len(acknowledged) / written.result()["seconds"])
    count(nights, {*people.acknowledged, *acknowledged}, arrived(machines))
    court.done("rollback", MOVE, "--yes")
    count(nights, {*people.acknowledged, *acknowledged}, entered(court))
    court.done("abandon", MOVE, "--yes")


def count(nights: Nights, acknowledged: set[str], found: list[str]) -> None:
    """What was acknowledged and is not there, and what is there twice."""
    times = Counter(found)
    nights.lost += len(acknowledged - set(times))
    nights.twice += sum(number > 1 for number in times.values())


if __name__ == "__main__":
    main()
