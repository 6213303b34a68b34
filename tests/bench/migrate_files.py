"""Moving a live tree of files: both passes against rsync over the same SSH, memory at a million entries."""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from _figures import Figure, finish, median, timed

from govcloud.migrations.files import FilesMover, Place
from govcloud.migrations.files.passes import scan
from govcloud.migrations.files.places import Passed
from govcloud.migrations.files.state import State
from govcloud.migrations.pace import Pace
from govcloud.migrations.remote import Host
from govcloud.progress import Silent
from integration.migrations.sshd import Server, free_port
from integration.migrations.sshd import running as ssh

DIRECT, RELAYED, THEIRS = "direct", "relayed", "theirs"
Act = Callable[[], object]
SMALL, LARGE = 8 * 1024, 4 * 1024 * 1024


def main() -> None:
    """Each figure in the same run as what it is held against."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--large", type=int, default=1_250)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--million", type=int, default=1_000_000)
    wanted = parser.parse_args()
    with TemporaryDirectory(prefix="govcloud-bench-") as name, ssh(Path(name, "legacy")) as legacy:
        folder = Path(name)
        figures = passes(folder, legacy, wanted.files, wanted.large, wanted.rounds)
        figures += million(folder, legacy, wanted.million)
    finish(figures)


def furnish(tree: Path, small: int, large: int) -> None:
    chance = random.Random(1)
    for number in range(small):
        place = tree / f"{number // 1000:03}" / f"登记-{number}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(chance.randbytes(SMALL))
    (tree / "large").mkdir(parents=True)
    for number in range(large):
        (tree / "large" / f"{number}.bin").write_bytes(chance.randbytes(LARGE))


def change(tree: Path, seed: int) -> None:
    """One file in a hundred, one chunk each; size and time stay as they were."""
    chance = random.Random(seed)
    every = sorted(path for path in tree.rglob("*") if path.is_file())
    for path in chance.sample(every, len(every) // 100):
        status = path.stat()
        with path.open("r+b") as stream:
            stream.seek(chance.randrange(max(1, status.st_size - 64)))
            stream.write(chance.randbytes(64))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def by_rsync(server: Server, source: Path, target: Path, *more: str) -> None:
    """The peer, by the same SSH server with the same cipher; the way into its own tree is the same, too."""
    known = source.parent / "known_hosts"
    known.write_text(
        "".join(f"[{server.login.address}]:{server.login.port} {key}\n" for key in server.login.host_keys)
    )
    way = f"ssh -p {server.login.port} -i {server.login.key} -o UserKnownHostsFile={known} -c aes128-gcm@openssh.com"
    words = ["rsync", "-a", *more, "-e", way]
    subprocess.run(
        [*words, f"{source}/", f"{server.login.user}@{server.login.address}:{target}/"], check=True
    )


def passes(folder: Path, server: Server, small: int, large: int, rounds: int) -> list[Figure]:
    """By turns, each from nothing; then again with one file in a hundred changed, found by content."""
    tree = folder / "tree"
    furnish(tree, small, large)
    memory = folder / "memory"
    first: dict[str, list[float]] = {DIRECT: [], RELAYED: [], THEIRS: []}
    second: dict[str, list[float]] = {DIRECT: [], RELAYED: [], THEIRS: []}
    for number in range(rounds):
        place = folder / str(number)
        place.mkdir()
        in_use(memory)
        with Host(server.login) as there, Host(server.login) as here:
            hosts = (there, here)
            ours = {
                DIRECT: mover(hosts, tree, place / DIRECT, (free_port(),)),
                RELAYED: mover(hosts, tree, place / RELAYED, ()),
            }
            acts = {way: partial(one_pass, one) for way, one in ours.items()}
            acts[THEIRS] = partial(by_rsync, server, tree, place / THEIRS)
            for way, act in turned(acts, number):
                seen(tree)
                first[way].append(rested(act))
            change(tree, number)
            acts[THEIRS] = partial(by_rsync, server, tree, place / THEIRS, "--checksum")
            for way, act in turned(acts, number):
                second[way].append(rested(act))
            for one in ours.values():
                found = one.evidence()
                assert not found["differences"], found["differences"][:3]
        print(f"first {first}, second {second}", file=sys.stderr)
        emptied(place)
    return [
        Figure("tree", (small * SMALL + large * LARGE) / 1e6, "MB"),
        *told("first copy", first, "rsync -a", 0.9),
        *told("second pass", second, "rsync -a --checksum", 2.0),
    ]


def turned(acts: dict[str, Act], number: int) -> list[tuple[str, Act]]:
    """Each is the first of a round in its turn: what went before leaves its traces in memory and on the disk."""
    ways = list(acts.items())
    first = number % len(ways)
    return ways[first:] + ways[:first]


def mover(hosts: tuple[Host, Host], tree: Path, target: Path, ports: tuple[int, ...]) -> FilesMover:
    places = (Place(hosts[0], os.fsencode(tree), ports=ports), Place(hosts[1], os.fsencode(target)))
    return FilesMover(*places, target.with_suffix(".state"), (), Pace(), Silent())


def told(what: str, seconds: dict[str, list[float]], peer: str, bar: float) -> list[Figure]:
    """What both ways took, and theirs; the bar is for where both hosts can reach each other, as theirs do."""
    middle = {way: median(found) for way, found in seconds.items()}
    return [
        Figure(f"{what}, from host to host", middle[DIRECT], "s"),
        Figure(f"{what}, through the tool", middle[RELAYED], "s"),
        Figure(f"{what}, {peer}", middle[THEIRS], "s"),
        Figure(f"{what}, theirs / through the tool in time", middle[THEIRS] / middle[RELAYED], "x"),
        Figure(f"{what}, theirs / ours in time", middle[THEIRS] / middle[DIRECT], "x", bar, "higher"),
    ]


def emptied(folder: Path) -> None:
    """Give the room back, and keep the files: ext4 looks long for an inode where many have just gone."""
    for path in folder.rglob("*.bin"):
        os.truncate(path, 0)


def in_use(filler: Path) -> None:
    """Have no memory free, as on a host that has been up for days: a hole's pages are given up for others at once.

    A virtual machine's own host takes free pages back, and a page that is given anew costs more than a copy of it.
    """
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with filler.open("ab") as stream:
        stream.truncate(pages)
    seen(filler)


def seen(place: Path) -> None:
    """Have a file, or all in a tree, read once: each way finds in memory what the others do."""
    for path in sorted(place.rglob("*")) or [place]:
        if path.is_file():
            with path.open("rb", buffering=0) as stream:
                while stream.read(LARGE):
                    pass


def rested(act: Act) -> float:
    """The seconds that it takes on a disk that has nothing left to write from before."""
    os.sync()
    return timed(act)


def one_pass(moved: FilesMover) -> None:
    moved._over(moved.source, moved.target, "here.sqlite")


def million(folder: Path, server: Server, count: int) -> list[Figure]:
    """A scan of very many entries, most of them names of a few files: what the tool itself needs."""
    tree = folder / "many"
    for number in range(count):
        if number % 1000 == 0:
            place = tree / f"{number // 1000:04}"
            place.mkdir(parents=True)
        (place / f"{number}.txt").touch()
    with Host(server.login) as there, closing(State(folder / "many.sqlite")) as state:
        passed = Passed()
        seconds = timed(lambda: scan(Place(there, os.fsencode(tree)), state, (), passed))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Figure("entries looked at", passed.entries, ""),
        Figure("entries in a second", passed.entries / seconds, "/s"),
        Figure("peak memory of the tool", peak, "MiB", 300),
    ]


if __name__ == "__main__":
    main()
