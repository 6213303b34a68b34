"""Leases: who may write a stack, until when. Whoever vanishes needs no person, and two never both write.

A lease is a record in the plane's store. Its holder renews it; by the store's own clock it ends by itself
when that stops. Where the holder's process is seen to have ended on this very machine nobody waits for that.
Before every changing call the holder asks `demand`, which trusts nothing but the last renewal. See decision
0011.
"""

from __future__ import annotations

import contextlib
import json
import math
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psutil

from govcloud.engine.stores import Record, Store, StoreError
from govcloud.errors import ToolkitError

LASTS = 60.0
"""Seconds for which a lease holds after its last renewal, by the store's clock."""
RENEWED_EVERY = 12.0
MARGIN = 15.0
"""Seconds before its end from which a holder no longer begins anything: longer than most calls take."""
LOOKS_EVERY = 2.0


def now() -> float:
    """Seconds that also pass while the machine sleeps or the process is stopped."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot() -> str:
    """This start of this machine, and whose process numbers we see: a container has its own."""
    started = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{started}/{Path('/proc/self/ns/pid').readlink()}"


@dataclass(frozen=True)
class Holder:
    """A run that holds leases: its machine, process and purpose, and a token that no other run has."""

    purpose: str
    machine: str
    boot: str
    process: int
    started: float
    token: str

    @staticmethod
    def this_run(purpose: str) -> Holder:
        """This process."""
        process = psutil.Process()
        token = secrets.token_hex(16)
        return Holder(purpose, socket.gethostname(), boot(), process.pid, process.create_time(), token)

    @property
    def ended(self) -> bool:
        """Whether its process is known to have ended; of another machine's nothing is known."""
        if self.boot != boot():
            return False
        try:
            process = psutil.Process(self.process)
            return abs(process.create_time() - self.started) > 1.0 or process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    def __str__(self) -> str:
        return f"{self.purpose}, process {self.process} on {self.machine}"


@dataclass(frozen=True)
class Hold:
    """What a lease's record says: its holder, or None where it was given back, and for how long it holds.

    `turn` counts the renewals: S3 makes its versions of the content alone, and two of one would be the same.
    """

    holder: Holder | None
    lasts: float
    turn: int = 0

    @property
    def text(self) -> bytes:
        """The record's content."""
        return (json.dumps(asdict(self), sort_keys=True) + "\n").encode()

    def ends_in(self, record: Record) -> float:
        """Seconds for which somebody still holds it; nothing where it is free."""
        if self.holder is None or self.holder.ended:
            return 0.0
        return max(0.0, self.lasts - record.age)


FREE = Hold(None, 0.0)
"""The record of a lease that nobody holds."""


def read_hold(content: bytes, name: str) -> Hold:
    """What a record says; ToolkitError for one that is none of ours."""
    try:
        document = json.loads(content)
        holder = document["holder"]
        lasts, turn = float(document["lasts"]), int(document.get("turn", 0))
        return Hold(Holder(**holder) if holder is not None else None, lasts, turn)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolkitError(f"it is no lease: {error}", name, "see who wrote it, then delete it") from error


def lease_name(subject: str) -> str:
    """The record of a stack's lease, `plane/stack`."""
    return f".govcloud/leases/{subject}.json"


class Leases:
    """The leases of several stacks, held together for one run: `with Leases(…) as held: … held.demand()`."""

    def __init__(
        self,
        store: Store,
        subjects: Iterable[str],
        purpose: str,
        patience: float = 0.0,
        lost: Callable[[], None] = lambda: None,
        lasts: float = LASTS,
    ) -> None:
        self._store = store
        self._subjects = sorted(subjects)
        self._patience = patience
        self._lost_called = lost
        self._hold = Hold(Holder.this_run(purpose), lasts)
        self._versions: dict[str, str] = {}
        self._valid_until = math.inf
        self._why_lost = ""
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="leases", daemon=True)

    def __enter__(self) -> Leases:
        begun = now()
        try:
            # In the order of their names, so that two runs never wait for each other.
            for subject in self._subjects:
                self._take(subject, begun)
        except BaseException:
            self._give_back()
            raise
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()
        self._give_back()

    def demand(self) -> None:
        """Refuse to go on unless the leases hold for long enough yet; called before every changing call."""
        if self._why_lost or now() > self._valid_until - min(MARGIN, self._hold.lasts / 4):
            why = self._why_lost or "it could not be renewed in time"
            raise ToolkitError(
                f"the lease is lost: {why}",
                f"state {self._store.url}",
                "see who else runs; then run it again to go on",
            )

    # -- taking --------------------------------------------------------------------------------

    def _take(self, subject: str, begun: float) -> None:
        name = lease_name(subject)
        seen: str | None = None
        while True:
            asked = now()
            record = self._store.record(name)
            if record is None:
                self._store.create(name, FREE.text)
                continue
            hold = read_hold(record.content, name)
            if hold.ends_in(record) <= 0.0:
                version = self._store.exchange(name, self._hold.text, record.version)
                if version is not None:
                    self._versions[subject] = version
                    self._valid_until = min(self._valid_until, asked + self._hold.lasts)
                    return
                continue
            self._demand_patience(subject, hold, record, begun, seen)
            seen = record.version
            self._ending.wait(LOOKS_EVERY)
            if self._versions:
                # Those that are held already are not to end meanwhile.
                self._renew_once()
                self.demand()

    def _demand_patience(
        self, subject: str, hold: Hold, record: Record, begun: float, seen: str | None
    ) -> None:
        """Wait for a holder that may have vanished; for one that is seen to live, as long as was asked."""
        holder = hold.holder
        lives = (holder is not None and holder.boot == boot()) or seen not in (None, record.version)
        if lives and now() - begun >= self._patience:
            raise ToolkitError(
                f"another run works on it: {holder}",
                f"stack {subject}",
                "wait for it with --wait SECONDS, or end it",
            )

    # -- holding -------------------------------------------------------------------------------

    def _renew(self) -> None:
        while not self._ending.wait(min(RENEWED_EVERY, self._hold.lasts / 5)):
            self._renew_once()
            if self._why_lost:
                self._lost_called()
                return

    def _renew_once(self) -> None:
        """Exchange every record for itself; what another has taken, or what ended meanwhile, is lost."""
        begun = now()
        self._hold = replace(self._hold, turn=self._hold.turn + 1)
        if begun > self._valid_until:
            self._why_lost = "this run stood still for longer than it lasts"
            return
        for subject, version in list(self._versions.items()):
            try:
                renewed = self._store.exchange(lease_name(subject), self._hold.text, version)
                if renewed is None:
                    renewed = self._renewed_unheard(subject)
            except ToolkitError as error:
                # The store may come back while the lease still holds; `demand` watches its end.
                if now() > self._valid_until - min(MARGIN, self._hold.lasts / 4):
                    self._why_lost = str(error)
                return
            if renewed is None:
                self._why_lost = f"another run has taken {subject}"
                return
            self._versions[subject] = renewed
        self._valid_until = begun + self._hold.lasts

    def _renewed_unheard(self, subject: str) -> str | None:
        """The version of a record that is ours all the same: the answer to a renewal was lost."""
        name = lease_name(subject)
        record = self._store.record(name)
        if record is None or read_hold(record.content, name).holder != self._hold.holder:
            return None
        if record.content == self._hold.text:
            return record.version
        return self._store.exchange(name, self._hold.text, record.version)

    def _give_back(self) -> None:
        free = replace(self._hold, holder=None).text
        for subject, version in self._versions.items():
            # A store that fails now takes nothing back that was done; the lease ends by itself.
            with contextlib.suppress(StoreError):
                self._store.exchange(lease_name(subject), free, version)
        self._versions.clear()


def holders(store: Store) -> dict[str, Holder]:
    """Who holds which stack now; looking takes nothing from anybody."""
    found: dict[str, Holder] = {}
    prefix = lease_name("").removesuffix(".json")
    for name in store.names(prefix):
        record = store.record(name)
        hold = read_hold(record.content, name) if record is not None else None
        if record is not None and hold is not None and hold.holder and hold.ends_in(record) > 0.0:
            found[name.removeprefix(prefix).removesuffix(".json")] = hold.holder
    return found
