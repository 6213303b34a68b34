"""Applies killed at random instants: the command, an engine, or both; run again until all stands, once.

Each round takes the small site's extranet down and applies it anew under kills. After every round the cloud is
counted, looked at for drift, and planned: all must stand once, nothing may be left over. The control does the
same with adoption switched off, and must show copies. The lab must be down: the bench brings up a cloud.

    ./dev bench crash [--kills 60] [--seed 1]
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

from _figures import Figure, finish

from govcloud.engine import Setting, Site, find_drift, take_census
from govcloud.lab import CLOUDS, EXTRANET, down, offer_image, status, up
from govcloud.progress import Silent
from govcloud.toolchain import find_pulumi
from integration.conftest import ROOT, apply, plan
from integration.crash.killing import Ground, Kills, copies, kill_until
from integration.crash.killing import finish as come_to_an_end

CONTROL_KILLS = 6
SETTLED = 5.0


def round_of(
    ground: Ground, setting: Setting, wanted: int, dice: random.Random, kills: Kills
) -> dict[str, int]:
    """One round: apply under kills until it ends or enough were killed; what is wrong then."""
    kill_until(ground, wanted, dice, kills)
    come_to_an_end(ground)
    census, drift = take_census(setting), find_drift(setting, Silent())
    wrong = {
        "missing or twice": len(census.wrong),
        "left over": len(drift.found),
        "left to plan": len(plan(setting).steps),
    }
    apply(plan(setting, destroy=True), setting)
    return wrong


def ground_of(site: Site, setting: Setting, folder: Path, *, adopts: bool) -> Ground:
    """The whole extranet of the small site."""
    where = ("--inventory", str(site.inventory), "--work", str(site.work.root), "--plane", setting.plane)
    return Ground(setting, ("apply", "--yes", *where), folder / f"calls-{adopts}", adopts)


def control(site: Site, setting: Setting, folder: Path, dice: random.Random) -> int:
    """How many markers stand more than once after kills without adoption."""
    ground = ground_of(site, setting, folder, adopts=False)
    for _ in range(CONTROL_KILLS):
        with ground.start() as run:
            calls = dice.randint(30, 80)
            while run.poll() is None and ground.begun(run.pid) < calls:
                time.sleep(0.01)
            run.kill()
            run.communicate()
    time.sleep(SETTLED)
    return len(copies(setting, [stack.name for stack in setting.stacks]))


def main() -> None:
    """Rounds until enough were killed, then the control."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--kills", type=int, default=60)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    if any(cloud.stands for cloud in status(CLOUDS)):
        raise SystemExit("the lab stands; the bench needs a cloud of its own: `./dev run lab down` first")
    dice, kills, wrong = (
        random.Random(chosen.seed),
        Kills(),
        {"missing or twice": 0, "left over": 0, "left to plan": 0},
    )
    with tempfile.TemporaryDirectory(prefix="govcloud-bench-") as name:
        folder = Path(name)
        try:
            up(folder / "work", [EXTRANET])
            offer_image(folder / "work" / "extranet" / "images")
            site = Site(ROOT / "inventories" / "minimal", folder / "work")
            setting = site.setting("extranet", find_pulumi(Silent()).root)
            ground = ground_of(site, setting, folder, adopts=True)
            while kills.number < chosen.kills:
                for what, number in round_of(ground, setting, chosen.kills, dice, kills).items():
                    wrong[what] += number
                print(f"{kills.number} killed, {kills.amid_a_create} amid a create: {wrong}", flush=True)
            copied = control(site, setting, folder, dice)
        finally:
            down(folder / "work", [EXTRANET])
    finish(
        [
            Figure("kills", kills.number, "", chosen.kills, "higher"),
            *(Figure(f"of these, {victim}", number, "") for victim, number in sorted(kills.victims.items())),
            Figure(
                "kills with a create in flight", kills.amid_a_create / kills.number, "of all", 0.5, "higher"
            ),
            *(Figure(f"objects {what}", number, "", 0) for what, number in wrong.items()),
            Figure("processes that outlived their run", len(kills.survivors), "", 0),
            Figure("control, adoption switched off: copies", copied, "", 1, "higher"),
        ]
    )


if __name__ == "__main__":
    main()
