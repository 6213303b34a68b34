"""One plane's files on this machine: credentials, secrets, state, what runs have left. Nothing is made."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from govcloud.doctor.finding import Finding, note, ok, wrong
from govcloud.engine import Backend, PlaneWork, Store, StoreError, holders, open_creates, read_state
from govcloud.errors import ToolkitError
from govcloud.local import listed
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


def lease(store: Store) -> Iterator[Finding]:
    """Which runs hold stacks."""
    held = holders(store)
    if not held:
        yield ok("lease", "nobody holds any")
    for holder in dict.fromkeys(map(str, held.values())):
        stacks = [stack for stack, one in held.items() if str(one) == holder]
        yield note(
            "lease",
            f"{holder} holds {_some(stacks)}",
            "wait for that run, or end it; other runs that write there are refused",
        )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def locks(work: PlaneWork, site: str, store: Store) -> Iterator[Finding]:
    """Locks of Pulumi's own: on a stack that no run holds they are what a killed one left."""
    held = holders(store)
    found = Backend(site, work, store).locks()
    stale = [name for name in found if _stack_of(name) not in held]
    if not found:
        yield ok("Pulumi locks", "none")
    elif not stale:
        yield ok("Pulumi locks", f"{len(found)}, of runs that hold the leases")
    else:
        said = "; ".join(_owner(store, name) for name in stale[:NAMED])
        more = f" and {len(stale) - NAMED} more" if len(stale) > NAMED else ""
        yield note("Pulumi locks", f"stale: {said}{more}", "the next `govcloud apply` clears them")


def _stack_of(lock: str) -> str:
    return lock.split("/")[-2].replace(".", "/", 1)


def _owner(store: Store, lock: str) -> str:
    """The stack that is locked, and by whom, as the lock itself tells."""
    stack = _stack_of(lock)
    try:
        told = json.loads(store.read(lock) or b"")
        return f"{stack} by {told['username']} on {told['hostname']}, process {told['pid']}"
    except (ValueError, KeyError, TypeError):
        return f"{stack} by an unreadable lock"


def intents(store: Store) -> Iterator[Finding]:
    """Creates that were sent and whose answer no run has seen."""
    found = open_creates(store)
    if not found:
        yield ok("open creates", "none")
    elif holders(store):
        yield ok("open creates", f"{len(found)}, of runs that hold leases or of earlier ones")
    else:
        yield note(
            "open creates",
            f"{len(found)} sent and not answered: {_some(list(found))}",
            "run `govcloud plan` and `govcloud apply`: what was made is found and adopted",
        )


def state(site: str, store: Store) -> Iterator[Finding]:
    """Whether what Pulumi remembers is whole."""
    try:
        held = read_state(store, site)
    except StoreError:
        raise
    except ToolkitError as error:
        yield wrong("state", f"{error.where}: {error.what}", error.remedy or "put a copy back")
        return
    if not held:
        yield ok("state", f"none yet at {store.url}: nothing has been applied")
        return
    objects = sum(len(one.held) for one in held.values())
    yield ok("state", f"{len(held)} stacks, {objects} objects, at {store.url}")


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
