"""Moves one PostgreSQL database while people write to it: the whole of it, as parts of a night know it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from govcloud.local import private_directory
from govcloud.migrations.comparing import different_facts, unequal
from govcloud.migrations.findings import Finding
from govcloud.migrations.moves import Alone
from govcloud.migrations.night import Deadline
from govcloud.migrations.pace import Meter, Pace
from govcloud.migrations.planning import Load
from govcloud.migrations.postgresql import (
    copying,
    equality,
    fencing,
    following,
    ledger,
    resting,
    returning,
    schema,
)
from govcloud.migrations.postgresql.catalogue import one, tables, version
from govcloud.migrations.postgresql.endpoint import Endpoint
from govcloud.migrations.postgresql.examining import examine
from govcloud.migrations.postgresql.facts import facts
from govcloud.migrations.steps import Done, Facts, Step
from govcloud.progress import Progress

POSITION = "position of the fence"
SEEN = "the target before its release"
AT_THE_STOP = 0.5
"""Seconds for which relations are compared row by row while nobody writes; the rest is, after the release."""


@dataclass
class PostgresqlMover(Alone):
    """Moves `source` to `target`; `directory` keeps its dump, `maintenance` is a database to connect to."""

    source: Endpoint
    target: Endpoint
    move: str
    directory: Path
    pace: Pace
    progress: Progress
    workers: int = 2
    maintenance: str = "postgres"
    _keeping: ExitStack = field(default_factory=ExitStack)
    _kept: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return f"postgresql {self.source.database}"

    def examine(self) -> Sequence[Finding]:
        """What stands in the way, or changes on the way."""
        return examine(self.source, self.target.named(self.maintenance))

    def shape(self) -> Facts:
        """Versions, and every definition; not what sequences and large objects hold."""
        with self.source.connected() as reading, self.target.named(self.maintenance).connected() as writing:
            found = facts(reading)
            kept = {
                name: text
                for name, text in found.items()
                if not name.startswith(("sequence ", "large object "))
            }
            return {"versions": [version(reading), version(writing)], **kept}

    def load(self) -> Load:
        """Bytes of all tables, what is copied at the stop, and how many things are compared."""
        with self.source.connected() as reading:
            every = tables(reading)
            objects = int(one(reading, "SELECT coalesce(sum(pg_relation_size('pg_largeobject')), 0)"))
            rest = sum(table.bytes for table in every if not table.followed)
            return Load(sum(table.bytes for table in every), 0.0, rest + objects, 0, len(facts(reading)))

    def steps(self) -> Sequence[Step]:
        """Roles, definitions, rows, what is built on rows, changes, references."""
        return (
            Step("roles", self._roles),
            Step("definitions", self._definitions, ("roles",), self._defined),
            Step("publish", lambda _: following.publish_all(self.source, self.move), ("definitions",)),
            Step("rows", self._rows, ("publish",)),
            Step("indexes", self._indexes, ("rows",)),
            Step("follow", self._follow, ("indexes",)),
            Step("references", self._references, ("follow",)),
        )

    def _roles(self, _: Done) -> Facts:
        with self.source.connected() as reading, self.target.named(self.maintenance).connected() as writing:
            return {"roles": schema.carry_roles(reading, writing)}

    def _definitions(self, _: Done) -> Facts:
        private_directory(self.directory)
        with self.source.connected() as reading:
            schema.make_database(reading, self.target, self.maintenance, self.move)
        schema.carry_definitions(self.source, self.target, self.directory)
        fencing.close_doors(self.target, self.move, read_only=False)
        return {}

    def _defined(self, _: Done) -> Facts | None:
        """The definitions come all at once: where one stands, all do."""
        if not (self.directory / schema.DUMP).exists() or not schema.stands(self.target, self.maintenance):
            return None
        fencing.close_doors(self.target, self.move, read_only=False)
        return {}

    def _rows(self, _: Done) -> Facts:
        found = copying.copy_all(self.source, self.target, self.move, self.pace, self.progress, self.workers)
        return dict(found)

    def _indexes(self, _: Done) -> Facts:
        listed = [
            entry for entry in schema.entries(self.target, self.directory) if schema.REFERENCES not in entry
        ]
        first = [entry for entry in listed if any(kind in entry for kind in schema.SIDE_BY_SIDE)]
        schema.carry_side_by_side(self.target, self.directory, first, self.workers)
        for entry in listed:
            schema.carry_entry(self.target, self.directory, entry)
        with self.target.connected() as writing:
            writing.execute(b"ANALYZE")
            return {"entries": len(listed), "triggers": resting.hold_triggers(writing)}

    def _follow(self, _: Done) -> Facts:
        return dict(following.follow(self.source, self.target, self.move))

    def _references(self, _: Done) -> Facts:
        listed = [
            entry for entry in schema.entries(self.target, self.directory) if schema.REFERENCES in entry
        ]
        for entry in listed:
            schema.carry_reference(self.target, self.directory, entry)
        return {"references": len(listed)}

    def resume(self) -> None:
        """Lay the way by which the target's server reads the source's changes."""
        if schema.stands(self.target, self.maintenance):
            following.renew(self.source, self.target, self.move)

    def pause(self) -> None:
        """Apply no more changes."""
        following.pause(self.target, self.move)

    def lag(self) -> int:
        """Bytes of the source's log that are still to be applied."""
        return following.lag(self.source, self.target, self.move)

    def drain(self, deadline: Deadline) -> Facts:
        """Let nobody new in, and what is under way end."""
        fencing.close_doors(self.source, self.move)
        return fencing.drain(self.source, deadline)

    def fence(self, deadline: Deadline) -> Facts:
        """End every session; the position behind which nobody has written is kept at the target."""
        found = fencing.fence(self.source, self.move, deadline)
        with self.target.connected() as writing:
            ledger.forget(writing, POSITION)
            ledger.remember(writing, POSITION, found["position"])
        return found

    def catch_up(self, deadline: Deadline) -> Facts:
        """Apply everything up to the fence, and bring what no log carries."""
        if returning.armed(self.target, self.move):
            # A run that was killed had laid the way back already, and ended the way here.
            self.disarm()
        with self.target.connected() as writing:
            position = ledger.recall(writing, POSITION)
        following.catch_up(self.source, self.target, self.move, position, deadline)
        return self._bring_rest(self.source, self.target)

    def _bring_rest(self, source: Endpoint, target: Endpoint) -> Facts:
        meter = Meter(self.progress, f"what no log carries of {source.database}", 1)
        with source.connected() as reading, target.connected() as writing:
            return dict(resting.bring_rest(reading, writing, self.pace, meter))

    def verify(self, deadline: Deadline) -> Facts:
        """Nobody wrote behind the fence; definitions are the same, and so are the rows that fit the time."""
        fencing.demand_none(self.source, self.move)
        with self.target.connected() as writing:
            seen = facts(writing)
            ledger.forget(writing, SEEN)
            ledger.remember(writing, SEEN, seen)
        found = self._different_facts(seen)
        with equality.held(self.source) as there, equality.held(self.target) as here:
            small = equality.quickest(self.source, there[0], AT_THE_STOP)
            rows = equality.compare_rows(self.source, self.target, (there, here), small)
        found += rows.differences
        deadline.demand(f"comparing {self.source.database}")
        if found:
            raise unequal(found, self.target.where)
        return {"compared": len(rows.relations), "position": rows.source_position}

    def _different_facts(self, kept: dict[str, str] | None = None) -> list[str]:
        with self.source.connected() as reading, self.target.connected() as writing:
            held = {
                f"trigger {table} {trigger}"
                for table, trigger, _ in ledger.recall(writing, resting.DISABLED) or ()
            }
            found = different_facts(facts(reading), kept or facts(writing))
        return [line for line in found if line.removesuffix(" differs") not in held]

    def arm(self, deadline: Deadline) -> Facts:
        """End the way here, and lay the way back: a slot that holds whatever is written from now on.

        The target as it is now is held, for as long as this process lasts: evidence is made of that.
        """
        found = returning.arm(self.target, self.move)
        self._kept = self._keeping.enter_context(equality.held(self.target))
        return found

    def switch(self, deadline: Deadline) -> Facts:
        """Nothing: people are led by their applications' configuration and by addresses."""
        return {}

    def release(self, deadline: Deadline) -> Facts:
        """Let people in at the target."""
        fencing.open_doors(self.target)
        return {}

    def admit(self) -> None:
        """Let people in at the source."""
        fencing.open_doors(self.source)

    def unfence(self) -> None:
        """Watch no longer for strays."""
        fencing.unwatch(self.source, self.move)

    def disarm(self) -> None:
        """Take the way back away, and follow the source again."""
        self._let_go()
        returning.disarm(self.source, self.target, self.move)

    def switch_back(self) -> None:
        """Nothing, as `switch`."""

    def evidence(self) -> Facts:
        """Every row and definition of both sides: the target as before the release, as far as that is held.

        Where a run was killed, and its snapshot is gone with it, what was written since is left out.
        """
        armed = returning.armed(self.target, self.move)
        alone = armed and not self._kept
        try:
            with ExitStack() as stack:
                there = stack.enter_context(equality.held(self.source))
                here = self._kept or stack.enter_context(equality.held(self.target))
                at = (there, here)
                # Asked for behind the snapshot: nothing that this has seen is missing there.
                since = returning.written(self.target, self.move) if alone else frozenset()
                report = equality.compare_rows(self.source, self.target, at, since=since)
                # Neither does a snapshot hold what a sequence was: that was noted.
                definitions = self._different_facts(self._noted() if armed else None)
        finally:
            self._let_go()
        found = asdict(report)
        found["differences"] = sorted([*report.differences, *definitions])
        return found

    def _noted(self) -> dict[str, str] | None:
        """The target's definitions and sequences as they were when nobody wrote yet."""
        with self.target.connected() as writing:
            found: dict[str, str] | None = ledger.recall(writing, SEEN)
            return found

    def _let_go(self) -> None:
        self._kept = None
        self._keeping.close()

    def bring_back(self) -> Facts:
        """Stop the target, apply at the source what was written there, and what no log carries."""
        self._let_go()
        returning.bring_back(self.source, self.target, self.move)
        rest: dict[str, Any] = dict(self._bring_rest(self.target, self.source))
        returning.end(self.source, self.target, self.move)
        return rest

    def clean_up(self) -> Facts:
        """Take away on both sides what moving needed."""
        for side in (self.target, self.source):
            returning.clean(side, self.move)
        return {}

    def discard(self) -> None:
        """Take the target's database away, and at the source what moving needed."""
        self._let_go()
        for side in (self.target, self.source):
            if schema.exists(side, self.maintenance):
                returning.clean(side, self.move)
        schema.drop_database(self.target, self.maintenance, self.move)
        shutil.rmtree(self.directory, ignore_errors=True)
