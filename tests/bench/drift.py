"""Drift of 2,500 objects against `tofu plan -refresh-only` of the same, and against the bare lists.

Each side looks at objects that it has made itself, on a cloud of its own, in the same run; ours compares every
declared property. The floor are the lists that it takes, fetched side by side and not looked at. The lab must
be down: the bench brings up a cloud for each side.

    ./dev bench drift [--size 2500] [--rounds 3]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from _figures import Figure, finish, median, timed
from _objects import PLANE, kinds_of, stacks_of
from _ours import setting_of
from _tofu import built
from apply import PARALLELISM, SETTLE
from replan import list_once

from govcloud.engine import find_drift
from govcloud.lab import CLOUDS, EXTRANET, down, status, up
from govcloud.progress import Silent


@contextmanager
def fresh_cloud() -> Iterator[Path]:
    """The work directory of a cloud that has just come up."""
    with tempfile.TemporaryDirectory(prefix="govcloud-bench-") as folder:
        work = Path(folder)
        try:
            up(work, [EXTRANET])
            time.sleep(SETTLE)
            yield work
        finally:
            down(work, [EXTRANET])


def of_the_peer(size: int, rounds: int) -> list[float]:
    """Seconds of each of the peer's looks."""
    stacks, peer = stacks_of(size), built(PARALLELISM)
    with fresh_cloud() as work:
        clouds = work / PLANE / "clouds.yaml"
        peer.apply(stacks, PLANE, clouds, work / "peer")
        peer.settle(clouds, work / "peer")
        return [timed(lambda: peer.refresh(clouds, work / "peer")) for _ in range(rounds)]


def of_ours(size: int, rounds: int) -> tuple[list[float], list[float], int]:
    """Seconds of each of our looks, and of each fetching of the lists; how many properties were compared."""
    looks, lists, properties = [], [], 0
    with fresh_cloud() as work:
        subprocess.run(
            [sys.executable, str(Path(__file__).with_name("_ours.py")), str(size), str(work)], check=True
        )
        for _ in range(rounds):
            # A login each, as a command of its own has.
            setting, other = setting_of(size, work), setting_of(size, work)
            begun = time.monotonic()
            found = find_drift(setting, Silent())
            looks.append(time.monotonic() - begun)
            if found.found or found.objects != kinds_of(stacks_of(size)).total():
                raise SystemExit(f"{len(found.found)} differences in {found.objects} objects")
            properties = found.properties
            lists.append(timed(lambda other=other: list_once(other)))
    return looks, lists, properties


def main() -> None:
    """Both sides, one behind the other."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--size", type=int, default=2500)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    if any(cloud.stands for cloud in status(CLOUDS)):
        raise SystemExit("the lab stands; the bench needs a cloud of its own: `./dev run lab down` first")
    looks, lists, properties = of_ours(chosen.size, chosen.rounds)
    peer = of_the_peer(chosen.size, chosen.rounds)
    finish(
        [
            Figure(f"drift of {chosen.size} objects", median(looks), "s"),
            Figure("properties compared", properties, ""),
            Figure("bare lists side by side", median(lists), "s"),
            Figure("tofu plan -refresh-only", median(peer), "s"),
            Figure("the peer / drift", median(peer) / median(looks), "x", 5.0, "higher"),
            Figure("drift / bare lists", median(looks) / median(lists), "x", 1.3),
        ]
    )


if __name__ == "__main__":
    main()
