"""One plane's files on this machine: credentials, secrets, state, what runs have left. Nothing is made."""

from __future__ import annotations

import json
import stat
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from govcloud.doctor.finding import Finding, note, ok, wrong
from govcloud.engine import Backend, PlaneWork, read_state
from govcloud.errors import ToolkitError
from govcloud.local import listed
from govcloud.provider import open_intents
from govcloud.stacks import Stack

SECRET = ("secrets.yaml", "passphrase", "ssh/operator", "configure/secrets.json")
"""What nobody but the owner may read, beside the plane's authority; credentials have a check of their own."""
NAMED = 3
"""How many of a kind are named one by one."""


def credentials(work: PlaneWork) -> Iterator[Finding]:
    """Whether `clouds.yaml` is there, and its owner's alone."""
    file = work.clouds_file
    if not file.exists():
        yield wrong(
            "clouds.yaml", f"there is no {file}", f"`govcloud lab up`, or put it there and chmod 600 {file}"
        )
    elif others := _others_may(file):
        yield wrong("clouds.yaml", others, f"chmod 600 {file}")
    else:
        yield ok("clouds.yaml", f"{file}, private")


def secrets(work: PlaneWork) -> Iterator[Finding]:
    """Whether the plane's secrets are its owner's alone."""
    named = [work.root / name for name in SECRET]
    files = [file for file in (*named, *listed(work.root / "authority")) if file.is_file()]
    faults = [(file, others) for file in files if (others := _others_may(file))]
    yield from (wrong("secret files", others, f"chmod 600 {file}") for file, others in faults)
    if not faults:
        yield ok("secret files", f"{len(files)}, all private" if files else "none has been made yet")


def _others_may(file: Path) -> str:
    """What others may do with it that they should not, or nothing."""
    mode = stat.S_IMODE(file.stat().st_mode)
    return f"{file} is open to others (mode {mode:03o})" if mode & 0o077 else ""


def lease(work: PlaneWork) -> Iterator[Finding]:
    """Whether a run holds the plane."""
    holder = work.holder()
    if holder is None:
        yield ok("lease", "nobody holds it")
    else:
        yield note(
            "lease", f"held by {holder}", "wait for that run, or end it; other runs that write are refused"
        )


def locks(work: PlaneWork, site: str) -> Iterator[Finding]:
    """Locks of Pulumi's own: without a run that holds the lease they are what a killed one left."""
    found = Backend(site, work).locks()
    if not found:
        yield ok("Pulumi locks", "none")
    elif work.holder() is not None:
        yield ok("Pulumi locks", f"{len(found)}, of the run that holds the lease")
    else:
        said = "; ".join(_owner(lock) for lock in found[:NAMED])
        more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
        yield note(
            "Pulumi locks", f"stale: {said}{more}", "the next `govcloud plan` or `govcloud apply` clears them"
        )


def _owner(lock: Path) -> str:
    """The stack that is locked, and by whom, as the lock itself tells."""
    stack = lock.parent.name.replace(".", "/", 1)
    try:
        told = json.loads(lock.read_text(encoding="utf-8"))
        return f"{stack} by {told['username']} on {told['hostname']}, process {told['pid']}"
    except (ValueError, KeyError, TypeError):
        return f"{stack} by an unreadable lock"


def intents(work: PlaneWork) -> Iterator[Finding]:
    """Creates that were sent and whose answer no run has seen."""
    found = open_intents(work.intents)
    if not found:
        yield ok("open creates", "none")
    elif work.holder() is not None:
        yield ok("open creates", f"{len(found)}, of the run that holds the lease")
    else:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(min(found.values())))
        names = ", ".join(list(found)[:NAMED]) + (" …" if len(found) > NAMED else "")
        seen = f"{len(found)} sent and not answered since {since}: {names}"
        yield note(
            "open creates",
            seen,
            "run `govcloud plan` and `govcloud apply`: what was made is found and adopted",
        )


def state(work: PlaneWork, site: str) -> Iterator[Finding]:
    """Whether what Pulumi remembers is whole."""
    if not (work.root / "state").is_dir():
        yield ok("state", "none yet: nothing has been planned")
        return
    try:
        held = read_state(work, site)
    except ToolkitError as error:
        yield wrong("state", f"{error.where}: {error.what}", error.remedy or "put a copy back")
        return
    yield ok("state", f"{len(held)} stacks, {sum(len(one.held) for one in held.values())} objects")


def images(work: PlaneWork, stacks: Sequence[Stack]) -> Iterator[Finding]:
    """Whether each image that the plane declares has its file."""
    wanted = {r.properties["source"] for stack in stacks for r in stack.resources if r.kind == "image"}
    files = work.image_files
    for source in sorted(map(str, wanted)):
        if source in files and files[source].is_file():
            yield ok(f"image {source}", str(files[source]))
        else:
            place = work.root / "images" / source
            what = "leads nowhere" if source in files else "is missing"
            yield wrong(
                f"image {source}", f"its file {what}", f"`govcloud lab up`, or put it at {place}.qcow2"
            )
