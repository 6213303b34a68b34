"""Bringing lab clouds up, seeing how they do, and taking them down without a trace."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.lab import cgroups, loops, preflight
from govcloud.lab.access import write_clouds_file
from govcloud.lab.clouds import LabCloud
from govcloud.lab.configuration import Secrets
from govcloud.lab.databases import migrated_databases
from govcloud.lab.environment import environment
from govcloud.lab.image import guest_image
from govcloud.lab.layout import HOME, Layout
from govcloud.lab.network import lower_network, network_stands
from govcloud.lab.progress import Progress, Silent

_READY_SECONDS = 600
_LOOK_SECONDS = 0.2
_AFRESH = "`govcloud lab down`, then `govcloud lab up`, starts afresh"


@dataclass(frozen=True)
class CloudStatus:
    """How one cloud does: whether anything of it is there, and whether anything of it runs.

    `units` maps each of its units to `waiting`, `starting`, `ready` or `failed`.
    """

    cloud: LabCloud
    stands: bool
    alive: bool
    units: dict[str, str]

    @property
    def ready(self) -> bool:
        """Whether everything in it works."""
        return self.alive and bool(self.units) and set(self.units.values()) == {"ready"}

    @property
    def failed(self) -> tuple[str, ...]:
        """The units that ended and should not have."""
        return tuple(name for name, state in self.units.items() if state == "failed")


def up(work: Path, clouds: Sequence[LabCloud], progress: Progress | None = None) -> tuple[CloudStatus, ...]:
    """Bring the clouds up side by side, or say at once that they stand; write `<work>/<plane>/clouds.yaml`.

    What is big is built on first use and kept (see `cache_root`). Raises one ToolkitError that lists all that
    the machine lacks, or that names the unit that failed and the log to read.
    """
    progress = progress or Silent()
    standing = {cloud for cloud in clouds if _status(cloud).stands}
    missing = [cloud for cloud in clouds if cloud not in standing]
    if missing:
        preflight.check(missing)
        _build(progress)
    interrupted = threading.Event()
    with ThreadPoolExecutor(len(clouds) or 1) as pool:
        results = [pool.submit(_raise, cloud, cloud in standing, progress, interrupted) for cloud in clouds]
        try:
            wait(results)
        except KeyboardInterrupt:
            interrupted.set()  # the clouds come up without us; the next `up` waits for them
            raise
    _raise_all(result.exception() for result in results)
    for cloud in clouds:
        write_clouds_file(cloud, Secrets.load(Layout.of(cloud).secrets), work)
    return status(clouds)


def status(clouds: Sequence[LabCloud]) -> tuple[CloudStatus, ...]:
    """How each cloud does, without asking its APIs."""
    return tuple(_status(cloud) for cloud in clouds)


def down(work: Path, clouds: Sequence[LabCloud], progress: Progress | None = None) -> None:
    """End the clouds and remove every trace: processes, namespaces, mounts, links, routes and files.

    Works on whatever a killed `up` left, and on nothing at all. What is built once stays in the cache.
    """
    progress = progress or Silent()
    with ThreadPoolExecutor(len(clouds) or 1) as pool:
        results = [pool.submit(_lower, cloud, work, progress) for cloud in clouds]
    _raise_all(result.exception() for result in results)
    with contextlib.suppress(OSError):  # another cloud still lives there, or none ever did
        HOME.rmdir()


def _build(progress: Progress) -> None:
    """Build what is not in the cache yet: the image beside the services and their databases."""

    def build(*steps: tuple[str, Callable[[], Path]]) -> None:
        for step, make in steps:
            progress.step(step)
            make()
            progress.done(step)

    services = (("OpenStack services", environment), ("databases", migrated_databases))
    with ThreadPoolExecutor(2) as pool:
        results = [pool.submit(build, *services), pool.submit(build, ("guest image", guest_image))]
    _raise_all(result.exception() for result in results)


def _status(cloud: LabCloud) -> CloudStatus:
    layout = Layout.of(cloud)
    stands = layout.root.exists() or cgroups.exists(cloud.name) or network_stands(cloud)
    alive = cgroups.exists(cloud.name) and bool(cgroups.processes(cloud.name))
    known = json.loads(layout.state.read_text()) if alive and layout.state.exists() else {}
    return CloudStatus(cloud, stands, alive, known)


def _raise(cloud: LabCloud, stands: bool, progress: Progress, interrupted: threading.Event) -> None:
    step = f"cloud {cloud.plane}"
    progress.step(step)
    if not stands:
        _start(cloud)
    _await(cloud, progress, interrupted)
    progress.done(step)


def _start(cloud: LabCloud) -> None:
    """Make the cloud's control group first; all else happens in it, so that `down` finds everything."""
    layout = Layout.of(cloud)
    cgroups.create(cloud.name)
    HOME.mkdir(exist_ok=True, mode=0o700)
    layout.root.mkdir(mode=0o700)
    layout.log.mkdir()
    log = layout.log / "supervisor.log"
    words = [sys.executable, "-m", "govcloud.lab.enter", cloud.plane, str(cloud.index)]
    with log.open("ab") as file:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=file, stderr=file, cwd="/", check=False)
    if done.returncode != 0:
        raise ToolkitError(
            f"it could not be prepared:\n{_tail(log)}", f"cloud {cloud.plane}", f"read {log}; {_AFRESH}"
        )


def _await(cloud: LabCloud, progress: Progress, interrupted: threading.Event) -> None:
    told: set[str] = set()
    give_up = time.monotonic() + _READY_SECONDS
    while not (now := _status(cloud)).ready:
        _tell(cloud, now, told, progress)
        if fault := _fault(now, late=time.monotonic() > give_up):
            raise fault
        if interrupted.wait(_LOOK_SECONDS):
            return


def _fault(now: CloudStatus, late: bool) -> ToolkitError | None:
    """What keeps a cloud from ever being ready, if anything does."""
    log, where = Layout.of(now.cloud).log, f"cloud {now.cloud.plane}"
    if not now.alive:
        return ToolkitError("nothing of it runs, and what is left of it is in the way", where, _AFRESH)
    if now.failed:
        file = log / f"{now.failed[0]}.log"
        what = f"{now.failed[0]} ended and should not have:\n{_tail(file)}"
        return ToolkitError(what, where, f"read {file}; {_AFRESH}")
    if late:
        slow = ", ".join(name for name, state in now.units.items() if state != "ready") or "its supervisor"
        return ToolkitError(
            f"not ready after {_READY_SECONDS} s: {slow}", where, f"read the logs in {log}; {_AFRESH}"
        )
    return None


def _tell(cloud: LabCloud, now: CloudStatus, told: set[str], progress: Progress) -> None:
    for name, state in now.units.items():
        if state == "ready" and name not in told:
            told.add(name)
            progress.step(f"{cloud.plane}: {name}")
            progress.done(f"{cloud.plane}: {name}")


def _tail(log: Path, lines: int = 12) -> str:
    return (
        "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
        if log.exists()
        else "(it wrote no log)"
    )


def _lower(cloud: LabCloud, work: Path, progress: Progress) -> None:
    step = f"end cloud {cloud.plane}"
    progress.step(step)
    layout = Layout.of(cloud)
    cgroups.end(cloud.name)
    loops.detach_below(layout.root)
    lower_network(cloud)
    if layout.root.exists():
        shutil.rmtree(layout.root)
    clouds_file = work / cloud.plane / "clouds.yaml"
    clouds_file.unlink(missing_ok=True)
    progress.done(step)


def _raise_all(outcomes: Iterable[BaseException | None]) -> None:
    """Raise what went wrong in threads: foreseeable faults together, anything else as it is."""
    foreseen: list[ToolkitError] = []
    for outcome in outcomes:
        if isinstance(outcome, ToolkitError):
            foreseen.append(outcome)
        elif outcome is not None:
            raise outcome
    if len(foreseen) == 1:
        raise foreseen[0]
    if foreseen:
        raise ToolkitErrors(foreseen)
