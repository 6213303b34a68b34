"""Moving a live tree of files: both passes against rsync over the same SSH, memory at a million entries."""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
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
from integration.migrations.sshd import Server
from integration.migrations.sshd import running as ssh

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
    first: dict[str, list[float]] = {"ours": [], "theirs": []}
    second: dict[str, list[float]] = {"ours": [], "theirs": []}
    for number in range(rounds):
        ours, theirs = folder / "ours", folder / "theirs"
        with Host(server.login) as there, Host(server.login) as here:
            places = (Place(there, os.fsencode(tree)), Place(here, os.fsencode(ours)))
            moved = FilesMover(*places, folder / "state", (), Pace(), Silent())
            first["ours"].append(rested(lambda m=moved: one_pass(m)))
            first["theirs"].append(rested(lambda t=theirs: by_rsync(server, tree, t)))
            change(tree, number)
            second["ours"].append(rested(lambda m=moved: one_pass(m)))
            second["theirs"].append(rested(lambda t=theirs: by_rsync(server, tree, t, "--checksum")))
            found = moved.evidence()
            assert not found["differences"], found["differences"][:3]
        print(f"first {first}, second {second}", file=sys.stderr)
        for place in (ours, theirs, folder / "state"):
            shutil.rmtree(place)
    return [
        Figure("tree", (small * SMALL + large * LARGE) / 1e6, "MB"),
        Figure("first copy, ours", median(first["ours"]), "s"),
        Figure("first copy, rsync -a", median(first["theirs"]), "s"),
        Figure(
            "first copy, theirs / ours in time",
            median(first["theirs"]) / median(first["ours"]),
            "x",
            0.9,
            "higher",
        ),
        Figure("second pass, ours", median(second["ours"]), "s"),
        Figure("second pass, rsync -a --checksum", median(second["theirs"]), "s"),
        Figure(
            "second pass, theirs / ours in time",
            median(second["theirs"]) / median(second["ours"]),
            "x",
            2.0,
            "higher",
        ),
    ]


def rested(act: Callable[[], object]) -> float:
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
