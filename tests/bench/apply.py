"""An apply against OpenTofu that creates the same objects on the same cloud, turn by turn.

Ours is `plan` and `apply` together, since `tofu apply` plans too. Before each run the lab's cloud is raised
anew, which takes half a minute where taking the objects away takes as long as making them; what stands after
each run is counted in the cloud's own lists. The lab must be down: the bench brings up a cloud of its own.

    ./dev bench apply [--sizes 700 2500] [--rounds 3] [--peer openstacksdk] [--find-parallelism]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from _figures import Figure, finish, median, timed
from _objects import PLANE, kinds_of, stacks_of, standing
from _plain import Plain
from _tofu import CannotBeHad, built

from govcloud.lab import CLOUDS, EXTRANET, down, status, up
from govcloud.provider import Cloud
from govcloud.stacks import Stack

PARALLELISM = 20
"""The peer's best on this lab's cloud, found with `--find-parallelism`; see docs/benches.md."""
TRIED = (10, 20, 40)
TRIAL = 250
SETTLE = 10
"""Seconds after which a cloud that has just come up does nothing more of its own."""


class Peer(Protocol):
    """Whoever creates the same objects."""

    def apply(self, stacks: tuple[Stack, ...], plane: str, clouds_file: Path, work: Path) -> None:
        """Create them all."""


def on_a_fresh_cloud(stacks: tuple[Stack, ...], create: Callable[[Path], None]) -> float:
    """Seconds that `create` takes; what it left out, or made twice, ends the bench."""
    with tempfile.TemporaryDirectory(prefix="govcloud-bench-") as folder:
        work = Path(folder)
        try:
            up(work, [EXTRANET])
            time.sleep(SETTLE)
            seconds = timed(lambda: create(work))
            found = standing(Cloud(PLANE, work / PLANE / "clouds.yaml"))
        finally:
            down(work, [EXTRANET])
    if found != kinds_of(stacks):
        raise SystemExit(
            f"not the same objects: {found - kinds_of(stacks)} too many, {kinds_of(stacks) - found} missing"
        )
    return seconds


def run_ours(size: int, *parallelism: int) -> float:
    """One run of ours, timed: a process of its own, imports and all."""
    words = [sys.executable, str(Path(__file__).with_name("_ours.py")), str(size)]

    def create(work: Path) -> None:
        subprocess.run([*words, str(work), *map(str, parallelism)], check=True)

    return on_a_fresh_cloud(stacks_of(size), create)


def run_peer(peer: Peer, stacks: tuple[Stack, ...]) -> float:
    """One run of the peer, timed."""
    return on_a_fresh_cloud(
        stacks, lambda work: peer.apply(stacks, PLANE, work / PLANE / "clouds.yaml", work / "peer")
    )


def compare(size: int, rounds: int, peer: Peer) -> list[Figure]:
    """Turn by turn, the order swapped each round; medians."""
    stacks = stacks_of(size)
    seconds: dict[str, list[float]] = {"ours": [], "peer": []}
    for number in range(rounds):
        turns = [("ours", lambda: run_ours(size)), ("peer", lambda: run_peer(peer, stacks))]
        for name, run in turns if number % 2 == 0 else turns[::-1]:
            seconds[name].append(run())
            print(f"{size} objects, round {number + 1}, {name}: {seconds[name][-1]:.1f} s", flush=True)
    total = kinds_of(stacks).total()
    return [
        Figure(f"{total} objects: ours, plan and apply", median(seconds["ours"]), "s"),
        Figure(f"{total} objects: the peer", median(seconds["peer"]), "s"),
        Figure(
            f"{total} objects: ours / the peer", median(seconds["ours"]) / median(seconds["peer"]), "x", 1.0
        ),
    ]


def find_parallelism(make_peer: Callable[[int], Peer]) -> None:
    """Each side at several parallelisms; ours is stacks side by side and resources of one at once."""
    stacks = stacks_of(TRIAL)
    for number in TRIED:
        print(f"peer, parallelism {number}: {run_peer(make_peer(number), stacks):.1f} s", flush=True)
    for side_by_side, at_once in ((2, 8), (4, 8), (4, 16)):
        seconds = run_ours(TRIAL, side_by_side, at_once)
        print(f"ours, {side_by_side} stacks of {at_once}: {seconds:.1f} s", flush=True)


def peer_of(name: str) -> Callable[[int], Peer]:
    """The peer that is asked for, or plain calls where it cannot be had."""
    if name == "tofu":
        try:
            built(1)
        except CannotBeHad as error:
            print(
                f"OpenTofu or its provider cannot be built here: {error}\nmeasured against plain openstacksdk calls"
            )
        else:
            return built
    return Plain


def main() -> None:
    """Every size in turn."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--sizes", type=int, nargs="+", default=[700, 2500])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--peer", choices=["tofu", "openstacksdk"], default="tofu")
    options.add_argument("--find-parallelism", action="store_true")
    chosen = options.parse_args()
    if any(cloud.stands for cloud in status(CLOUDS)):
        raise SystemExit("the lab stands; the bench needs a cloud of its own: `./dev run lab down` first")
    peer = peer_of(chosen.peer)
    if chosen.find_parallelism:
        find_parallelism(peer)
        return
    finish([one for size in chosen.sizes for one in compare(size, chosen.rounds, peer(PARALLELISM))])


if __name__ == "__main__":
    main()
