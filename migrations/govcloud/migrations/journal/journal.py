"""What a move's steps meant to do and what they did: an intent before each act, facts after it.

One table of moves pins what each is about, so that a run which resumes against another source, target or
selection is refused. One table of steps holds intents and facts as JSON. Both live on SQLite (write-ahead
log, one writer) or on PostgreSQL, by the same statements.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sql
from sqlalchemy.exc import SQLAlchemyError

from govcloud.errors import ToolkitError
from govcloud.migrations.steps import Facts

_TABLES = sql.MetaData()
_MOVES = sql.Table(
    "move",
    _TABLES,
    sql.Column("id", sql.String(200), primary_key=True),
    sql.Column("pinned", sql.Text, nullable=False),
    sql.Column("since", sql.String(40), nullable=False),
)
_STEPS = sql.Table(
    "step",
    _TABLES,
    sql.Column("move", sql.String(200), sql.ForeignKey("move.id"), primary_key=True),
    sql.Column("name", sql.String(400), primary_key=True),
    sql.Column("intent", sql.Text, nullable=False),
    sql.Column("facts", sql.Text),
    sql.Column("attempts", sql.Integer, nullable=False),
    sql.Column("begun", sql.String(40), nullable=False),
    sql.Column("ended", sql.String(40)),
)


@dataclass(frozen=True)
class Entry:
    """One step in the journal; `facts` is None while it is not known to be done. Times are UTC, ISO 8601."""

    name: str
    intent: Facts
    facts: Facts | None
    attempts: int
    begun: str
    ended: str | None

    @property
    def done(self) -> bool:
        """Whether the step has been done."""
        return self.facts is not None


class Journal:
    """The journal of one move; safe to use from several threads."""

    def __init__(self, engine: sql.Engine, move: str, now: Callable[[], datetime] | None = None) -> None:
        self._engine = engine
        self._move = move
        self._now = now or (lambda: datetime.now(UTC))
        with self._writing() as connection:
            _TABLES.create_all(connection)

    @property
    def move(self) -> str:
        """The move's id."""
        return self._move

    def pin(self, pinned: Facts) -> None:
        """Hold for good what the move is about; ToolkitError where it is about something else already."""
        text = _text(pinned)
        with self._writing() as connection:
            held = connection.execute(sql.select(_MOVES.c.pinned).where(_MOVES.c.id == self._move)).scalar()
            if held is None:
                row = {"id": self._move, "pinned": text, "since": self._time()}
                connection.execute(sql.insert(_MOVES).values(row))
                return
        if held != text:
            raise ToolkitError(
                f"it was begun otherwise: {_difference(json.loads(held), json.loads(text))}",
                f"move {self._move}",
                "go on with what it was begun with, or take it back and begin anew",
            )

    def pinned(self) -> Facts | None:
        """What the move is about; None before it was begun."""
        with self._reading() as connection:
            held = connection.execute(sql.select(_MOVES.c.pinned).where(_MOVES.c.id == self._move)).scalar()
        return None if held is None else dict(json.loads(held))

    def entry(self, name: str) -> Entry | None:
        """What stands of one step."""
        with self._reading() as connection:
            row = connection.execute(sql.select(_STEPS).where(self._is(name))).mappings().first()
        return None if row is None else _entry(row)

    def entries(self) -> list[Entry]:
        """Every step that was begun, in the order of their beginnings."""
        chosen = sql.select(_STEPS).where(_STEPS.c.move == self._move).order_by(_STEPS.c.begun, _STEPS.c.name)
        with self._reading() as connection:
            return [_entry(row) for row in connection.execute(chosen).mappings()]

    def facts(self, name: str) -> Facts:
        """What a step recorded; ToolkitError when it is not done."""
        found = self.entry(name)
        if found is None or found.facts is None:
            raise ToolkitError(f"{name} is not done yet", f"move {self._move}", "run what comes before it")
        return found.facts

    def intend(self, name: str, intent: Facts) -> None:
        """Note durably that a step is about to be done."""
        with self._writing() as connection:
            again = (
                sql.update(_STEPS)
                .where(self._is(name))
                .values(intent=_text(intent), attempts=_STEPS.c.attempts + 1, begun=self._time())
            )
            if connection.execute(again).rowcount == 0:
                row = {"move": self._move, "name": name, "intent": _text(intent), "attempts": 1}
                connection.execute(sql.insert(_STEPS).values(**row, begun=self._time()))

    def finish(self, name: str, facts: Facts) -> None:
        """Note durably that a step has been done, and what it found or made."""
        done = sql.update(_STEPS).where(self._is(name)).values(facts=_text(facts), ended=self._time())
        with self._writing() as connection:
            if connection.execute(done).rowcount != 1:
                raise ToolkitError(
                    f"{name} ended without having begun", f"move {self._move}", "see the journal"
                )

    def forget(self, name: str) -> None:
        """Have a step done anew by the next run."""
        with self._writing() as connection:
            connection.execute(sql.delete(_STEPS).where(self._is(name)))

    def erase(self) -> None:
        """Forget the move, all that was pinned and all that was done."""
        with self._writing() as connection:
            connection.execute(sql.delete(_STEPS).where(_STEPS.c.move == self._move))
            connection.execute(sql.delete(_MOVES).where(_MOVES.c.id == self._move))

    def _is(self, name: str) -> sql.ColumnElement[bool]:
        return sql.and_(_STEPS.c.move == self._move, _STEPS.c.name == name)

    def _time(self) -> str:
        return self._now().astimezone(UTC).isoformat(timespec="microseconds")

    @contextmanager
    def _writing(self) -> Iterator[sql.Connection]:
        with self._asking(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[sql.Connection]:
        with self._asking(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise ToolkitError(
                f"the journal cannot be used: {reason}",
                self._engine.url.render_as_string(hide_password=True),
                "see that its disk has room and its server answers, then run it again",
            ) from error


def _entry(row: sql.RowMapping) -> Entry:
    facts = None if row["facts"] is None else json.loads(row["facts"])
    return Entry(row["name"], json.loads(row["intent"]), facts, row["attempts"], row["begun"], row["ended"])


def _text(facts: Facts) -> str:
    return json.dumps(facts, ensure_ascii=False, sort_keys=True)


def _difference(held: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    names = sorted(name for name in held.keys() | wanted.keys() if held.get(name) != wanted.get(name))
    return "; ".join(f"{name} was {held.get(name)!r} and is {wanted.get(name)!r}" for name in names)
