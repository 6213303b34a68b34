"""Moves one MariaDB database while people write to it: the whole of it, as parts of a night know it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from govcloud.migrations.comparing import different_facts, unequal
from govcloud.migrations.findings import Finding
from govcloud.migrations.mariadb import copying, equality, fencing, following, ledger, resting, schema
from govcloud.migrations.mariadb.accounts import Comers, carry_accounts, carry_grants
from govcloud.migrations.mariadb.catalogue import databases, tables, version
from govcloud.migrations.mariadb.endpoint import Connection, Endpoint, run
from govcloud.migrations.mariadb.examining import examine
from govcloud.migrations.mariadb.facts import facts
from govcloud.migrations.mariadb.ledger import Position
from govcloud.migrations.moves import Alone
from govcloud.migrations.night import Deadline
from govcloud.migrations.pace import Meter, Pace
from govcloud.migrations.planning import Load
from govcloud.migrations.steps import Done, Facts, Step
from govcloud.progress import Progress

FENCE = "position of the fence"
ARMED = "position of the way back"
SEEN = "the target before its release"
STOPS_WITHIN = 60.0
AT_THE_STOP = 0.5  # Seconds for which rows are compared while nobody writes; the rest is, after the release.
ROWS_PER_SECOND = 60e3
BYTES_PER_SECOND = 40e6


@dataclass
class MariadbMover(Alone):
    """Moves `source` to `target`; `directory` keeps its definitions, `comers` are let in at the target.

    Their rights are `given` at once in a clone: the server tells a view's definition whole only then.
    """

    source: Endpoint
    target: Endpoint
    move: str
    directory: Path
    pace: Pace
    progress: Progress
    comers: Comers = Comers()  # noqa: RUF009 - frozen
    given: bool = False
    workers: int = 2
    _keeping: ExitStack = field(default_factory=ExitStack)
    _kept: tuple[Connection, str] | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return f"mariadb {self.source.database}"

    @property
    def _home(self) -> str:  # by which the source notes how much has come home
        return f"{self.move}-home"

    def examine(self) -> Sequence[Finding]:
        """What stands in the way, or changes on the way."""
        return examine(self.source, self.target)

    def shape(self) -> Facts:
        """Versions, and every definition; not what comes next."""
        with self.source.connected() as reading, self.target.connected(database=False) as writing:
            kept = {name: text for name, text in facts(reading).items() if not name.startswith("next ")}
            return {"versions": [list(version(reading)), list(version(writing))], **kept}

    def load(self) -> Load:
        """Bytes of all tables, what is copied at the stop, and how many things are compared."""
        with self.source.connected() as reading:
            every = tables(reading)
            rest = sum(table.bytes for table in every if not table.followed)
            return Load(sum(table.bytes for table in every), 0.0, rest, 0, len(facts(reading)))

    def steps(self) -> Sequence[Step]:
        """Accounts, definitions, rows, what acts by itself."""
        return (
            Step("accounts", self._accounts),
            Step("definitions", self._definitions, ("accounts",)),
            Step("rows", self._rows, ("definitions",)),
            Step("acting", self._acting, ("rows",)),
            *([Step("rights", self._rights, ("acting",))] if self.given else []),
        )

    def _accounts(self, _: Done) -> Facts:
        return {"accounts": carry_accounts(self.source, self.target, self.move, self.comers)}

    def _definitions(self, _: Done) -> Facts:
        schema.make_database(self.source, self.target, self.move)
        schema.carry_definitions(self.source, self.target, self.directory)
        return {}

    def _rows(self, _: Done) -> Facts:
        with self.source.connected() as reading, self.target.connected(database=False) as writing:
            followed = [table for table in tables(reading) if table.followed]
            whole = ledger.whole(writing, self.move)
            begun = ledger.position(writing, self.move)
        left = [table for table in followed if table.name not in whole]
        if left or begun is None:
            meter = Meter(self.progress, f"copying {self.source.database}", sum(t.bytes for t in left))
            with copying.snapshots(self.source, self.workers) as (sessions, position):
                self._meet(position, begun, whole)
                copying.copy_tables(sessions, self.target, self.move, left, self.pace, meter)
        return {"tables": len(followed), "bytes": sum(table.bytes for table in followed)}

    def _meet(self, position: Position, begun: Position | None, whole: set[str]) -> None:
        """Bring what had come whole up to the position at which the others are copied now."""
        if begun is not None and whole:
            following.follow(self.source, self.target, self.move, position, lambda name: name in whole)
            return
        with self.target.connected(database=False) as writing:
            run(writing, ledger.note_position(self.move, position))

    def _acting(self, _: Done) -> Facts:
        schema.carry_acting(self.source, self.target, self.directory)
        return {}

    def resume(self) -> None:
        """Nothing: changes are fetched, and no server reaches the other."""

    def pause(self) -> None:
        """Nothing: changes come when they are fetched."""

    def lag(self) -> int:
        """Apply what has come; the bytes that are still to come."""
        following.follow(self.source, self.target, self.move)
        return following.lag(self.source, self.target, self.move)

    def drain(self, deadline: Deadline) -> Facts:
        """Let nobody new in, and what is under way end."""
        users = fencing.close_doors(self.source, self.move)
        return fencing.drain(self.source, users, deadline)

    def fence(self, deadline: Deadline) -> Facts:
        """End every session; the position behind which nobody has written is kept at the target."""
        users = fencing.close_doors(self.source, self.move)
        position, ended = fencing.fence(self.source, users, deadline)
        with self.target.connected(database=False) as writing:
            ledger.forget(writing, self.move, FENCE)
            ledger.remember(writing, self.move, FENCE, [position.file, position.at])
        return {"position": str(position), "ended": ended}

    def _fenced(self) -> Position:
        with self.target.connected(database=False) as writing:
            return Position(*ledger.recall(writing, self.move, FENCE))

    def catch_up(self, deadline: Deadline) -> Facts:
        """Apply everything up to the fence, and bring what no log carries."""
        check = lambda: deadline.demand(f"applying the changes of {self.source.database}")  # noqa: E731
        following.follow(self.source, self.target, self.move, self._fenced(), check=check)
        return self._bring_rest(self.source, self.target)

    def _bring_rest(self, source: Endpoint, target: Endpoint) -> Facts:
        meter = Meter(self.progress, f"what no log carries of {source.database}", 1)
        return dict(resting.bring_rest(source, target, self.move, self.pace, meter))

    def verify(self, deadline: Deadline) -> Facts:
        """Nobody wrote behind the fence; definitions are the same, and so are the rows that fit the time."""
        fencing.demand_none(self.source, self._fenced())
        with self.target.connected() as writing:
            seen = facts(writing)
            ledger.forget(writing, self.move, SEEN)
            ledger.remember(writing, self.move, SEEN, seen)
        found = self._different_facts(seen)
        with self.source.connected() as reading, self.target.connected() as writing:
            report = equality.compare(reading, writing, (str(self._fenced()), ""), self._small(reading))
        found += report.differences
        deadline.demand(f"comparing {self.source.database}")
        if found:
            raise unequal(found, self.target.where)
        return {"compared": len(report.relations), "position": str(self._fenced())}

    def _small(self, reading: Connection) -> list[str]:
        """The tables that are compared at the stop, the quickest first until the time is spent."""
        cost = {t.name: t.bytes / BYTES_PER_SECOND + t.rows / ROWS_PER_SECOND for t in tables(reading)}
        left, chosen = AT_THE_STOP, []
        for name in sorted(cost, key=lambda one: cost[one]):
            left -= cost[name]
            if left < 0:
                break
            chosen.append(name)
        return chosen

    def _different_facts(self, kept: dict[str, str] | None = None) -> list[str]:
        with self.source.connected() as reading, self.target.connected() as writing:
            return different_facts(facts(reading), kept or facts(writing))

    def arm(self, deadline: Deadline) -> Facts:
        """Lay the way back: what the target's log holds from here on was written there.

        The target as it is now is held, for as long as this process lasts: evidence is made of that.
        """
        with self.target.connected(database=False) as writing:
            position = copying.position_of(writing, self.target)
            ledger.forget(writing, self.move, ARMED)
            ledger.remember(writing, self.move, ARMED, [position.file, position.at])
        self._kept = (self._keeping.enter_context(equality.held(self.target)), str(position))
        return {"position": str(position)}

    def switch(self, deadline: Deadline) -> Facts:
        """Nothing: people are led by their applications' configuration and by addresses."""
        return {}

    def release(self, deadline: Deadline) -> Facts:
        """Give the accounts their rights at the target, and let its events run."""
        return {**self._rights(), "events": schema.release_events(self.target)}

    def _rights(self, _: Done | None = None) -> Facts:
        return {"grants": carry_grants(self.source, self.target, self.comers)}

    def admit(self) -> None:
        """Let people in at the source."""
        fencing.open_doors(self.source, self.move)

    def unfence(self) -> None:
        """Nothing: the accounts are unlocked when people are let in."""

    def disarm(self) -> None:
        """Forget the way back."""
        self._let_go()
        with self.target.connected(database=False) as writing:
            ledger.forget(writing, self.move, ARMED)

    def switch_back(self) -> None:
        """Nothing, as `switch`."""

    def evidence(self) -> Facts:
        """Every row and definition of both sides: the target as before the release, as far as that is held.

        Where a run was killed, and its snapshot is gone with it, what was written since is left out.
        """
        with self.target.connected() as writing:
            armed = ledger.recall(writing, self.move, ARMED)
            seen = ledger.recall(writing, self.move, SEEN)
        alone = armed and not self._kept
        try:
            with ExitStack() as stack:
                reading = stack.enter_context(self.source.connected())
                kept = self._kept or (stack.enter_context(equality.held(self.target)), "")
                # Asked for behind the snapshot: nothing that this has seen is missing there.
                since = self._written(Position(*armed)) if alone else frozenset()
                positions = (str(copying.position_of(reading, self.source)), kept[1])
                report = equality.compare(reading, kept[0], positions, since=since)
                definitions = self._different_facts(seen if armed else None)
        finally:
            self._let_go()
        found: dict[str, Any] = asdict(report)
        found["differences"] = sorted([*report.differences, *definitions])
        return found

    def _written(self, armed: Position) -> frozenset[str]:
        """The target's tables that may have been written to since then."""
        found = following.tables_written(self.target, armed)
        if found is None:
            with self.target.connected() as writing:
                found = {table.name for table in tables(writing)}
        return frozenset(found)

    def _let_go(self) -> None:
        self._kept = None
        self._keeping.close()

    def bring_back(self) -> Facts:
        """Stop the target, apply at the source what was written there, and what no log carries."""
        self._let_go()
        end = fencing.take_rights(self.target, self.source, self.comers, Deadline(STOPS_WITHIN))
        with self.target.connected(database=False) as there, self.source.connected() as home:
            armed = ledger.recall(there, self.move, ARMED)
            if armed is None:
                return {}
            if ledger.position(home, self._home) is None:
                run(home, ledger.note_position(self._home, Position(*armed)))
        groups = following.follow(self.target, self.source, self._home, end)
        return {"groups": groups, **self._bring_rest(self.target, self.source)}

    def clean_up(self) -> Facts:
        """Take away on both sides what moving needed."""
        for side in (self.target, self.source):
            with side.connected(database=False) as connection:
                for name in (self.move, self._home):
                    ledger.forget_move(connection, name)
        return {}

    def discard(self) -> None:
        """Take the target's database away, and at the source what moving needed."""
        self._let_go()
        schema.drop_database(self.target, self.move)
        with self.source.connected(database=False) as connection:
            there = self.source.database in databases(connection)
        if there:
            fencing.open_doors(self.source, self.move)
        self.clean_up()
        shutil.rmtree(self.directory, ignore_errors=True)
