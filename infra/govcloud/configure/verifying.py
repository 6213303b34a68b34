"""Looks at running machines, independently of the roles: each role brings a program that only reads.

The program runs on the machine itself over SSH; it is told what the topology says, and reports what it found.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from govcloud.configure.access import Access
from govcloud.configure.expectations import expected
from govcloud.configure.rolefiles import roles_directory
from govcloud.configure.subject import Subject
from govcloud.errors import ToolkitError
from govcloud.progress import Progress
from govcloud.topology import Machine, Topology

AT_ONCE = 4
SECONDS = 120
_HARNESS = """

import json, sys
json.dump([list(found) for found in findings(json.loads({expected!r}))], sys.stdout)
"""


@dataclass(frozen=True)
class Finding:
    """One thing that a verifier looked at: what must hold, whether it does, and what it saw."""

    plane: str
    machine: str
    role: str
    what: str
    holds: bool
    seen: str

    @property
    def error(self) -> ToolkitError:
        """The finding as a fault to mend."""
        return ToolkitError(
            f"not so: {self.what} (seen: {self.seen})",
            f"{self.plane}/{self.machine}, role {self.role}",
            f"find out who changed it; `govcloud configure --machine {self.machine}` sets it right",
        )


def verify(
    topology: Topology,
    access: Access,
    progress: Progress,
    machines: Sequence[str] = (),
    roles: Sequence[str] = (),
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Finding]:
    """Every finding of the verifiers of the named machines (or all) and roles (or all that they have)."""
    jobs = [
        (machine, role)
        for machine in access.running
        if not machines or machine.id in machines
        for role in machine.configure
        if not roles or role in roles
    ]
    step = f"verify {access.plane.id}"
    progress.step(step)
    found: list[Finding] = []
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="verify") as pool:
        results = pool.map(lambda job: [] if cancelled() else look(topology, access, *job), jobs)
        for number, findings in enumerate(results, 1):
            found += findings
            progress.count(step, number, len(jobs))
    progress.done(step)
    return found


def look(topology: Topology, access: Access, machine: Machine, role: str) -> list[Finding]:
    """Run one role's verifier on one machine; that it could not look is a finding too."""
    path = roles_directory() / role / "verify.py"
    what = json.dumps(expected(Subject(topology, access, machine), role), ensure_ascii=True)
    program = path.read_text(encoding="utf-8") + _HARNESS.format(expected=what)
    try:
        found = _run(access, machine, role, program)
    except ToolkitError as error:
        found = [("its verifier can look", False, error.what)]
    return [Finding(access.plane.id, machine.id, role, *one) for one in found]


def _run(access: Access, machine: Machine, role: str, program: str) -> list[Any]:
    command = access.command(machine, ("sudo", "/usr/bin/python3", "-I", "-"))
    where = f"{access.plane.id}/{machine.id}, verifier of {role}"
    try:
        ended = subprocess.run(
            command, input=program, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ToolkitError(f"it took more than {SECONDS} s", where, "look at the machine") from error
    if ended.returncode != 0:
        said = " ".join(ended.stderr.strip().splitlines()[-3:])
        raise ToolkitError(
            f"it could not look: {said}", where, "see what `govcloud ssh` says, then run it again"
        )
    loaded: list[Any] = json.loads(ended.stdout)
    return loaded
