"""A process that dies as `kill -9` has it: by others, or by itself at each boundary of a step."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from govcloud.migrations.journal import Journal, open_journal
from govcloud.migrations.moves import Stand, standing_of
from govcloud.progress import Silent

BOUNDARIES_AT_MOST = 80
TESTS = Path(__file__).parents[2]


def die_at(moment: int) -> None:
    """End this process as `kill -9` does, at the journal's write of that number: before it, or after it."""
    seen = 0

    def counting(method: Any) -> Any:
        def write(self: Journal, *arguments: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == moment:
                os.kill(os.getpid(), signal.SIGKILL)
            done = method(self, *arguments)
            seen += 1
            if seen == moment:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        return write

    Journal.intend = counting(Journal.intend)  # type: ignore[method-assign]
    Journal.finish = counting(Journal.finish)  # type: ignore[method-assign]


def die_everywhere(what: str, run: Callable[[], None]) -> int:
    """Do it over and over in forks, each of which dies when a step is done and not yet noted, or just noted."""
    for died in range(BOUNDARIES_AT_MOST):
        child = os.fork()
        if child == 0:
            # What a copy has noted is not done again; a night does all of its stages anew.
            die_at(3 + died % 2 if what == "copy" else 3 + 2 * died)
            try:
                run()
            except BaseException as error:  # noqa: BLE001 - told to the parent, which judges
                print(error, file=sys.stderr)
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            print(died)
            return os.waitstatus_to_exitcode(status)
    sys.exit("it never came to its end")


def started(driver: str, wanted: Mapping[str, Any]) -> subprocess.Popen[str]:
    """A driver of ours in a process of its own, which may be killed."""
    return subprocess.Popen(
        [sys.executable, "-m", driver, json.dumps(wanted)],
        cwd=TESTS,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """How it ended, and all that it said."""
    said, complained = process.communicate(timeout=300)
    return process.returncode, said + complained


def died_everywhere(process: subprocess.Popen[str]) -> int:
    """How often it died, at every boundary of a step, before it came to its end."""
    code, said = ended(process)
    assert code == 0, said
    return int(said.split()[-1])


def drive(run: Callable[[dict[str, Any]], None], be_careless: Callable[[], None]) -> None:
    """A driver's own: do what it is asked for, dying or careless as that is wanted."""
    wanted = json.loads(sys.argv[1])
    # What a shell starts beside itself does not hear Ctrl-C, nor does what that starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if wanted["careless"]:
        be_careless()
    if wanted["everywhere"]:
        sys.exit(die_everywhere(wanted["what"], lambda: run(wanted)))
    run(wanted)


def released(folder: Path, move: str) -> bool:
    """Whether a run was killed behind the release, and so has nothing left to do."""
    with open_journal(None, folder, move) as (journal, _):
        return standing_of(journal).stand is Stand.RELEASED


@contextmanager
def frozen(server: int) -> Iterator[None]:
    """A server that takes connections, and answers nothing."""
    every = family(server)
    try:
        signalled(every, signal.SIGSTOP)
        yield
    finally:
        signalled(every, signal.SIGCONT)


def signalled(every: Sequence[int], what: signal.Signals) -> None:
    """Send each process a signal; a server's own may end at any time."""
    for one in every:
        with suppress(ProcessLookupError):
            os.kill(one, what)


class Freezing(Silent):
    """Freezes a server when a stage begins: it takes connections from then on, and answers nothing."""

    def __init__(self, stage: str, server: int) -> None:
        self.stage = stage
        self.server = server
        self.frozen: list[int] = []

    def step(self, name: str) -> None:
        if name.split("/")[1:2] == [self.stage] and not self.frozen:
            self.frozen = family(self.server)
            signalled(self.frozen, signal.SIGSTOP)

    def thaw(self) -> None:
        """Have it go on."""
        signalled(self.frozen, signal.SIGCONT)


def family(process: int) -> list[int]:
    """A process and all that it has started."""
    found = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True, check=False)
    return [process, *(one for child in found.stdout.split() for one in family(int(child)))]
