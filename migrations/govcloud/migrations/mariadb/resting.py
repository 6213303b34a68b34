"""What no log carries, brought over while nobody writes: tables without transactions, and what comes next."""

from __future__ import annotations

from govcloud.migrations.mariadb import ledger
from govcloud.migrations.mariadb.catalogue import tables
from govcloud.migrations.mariadb.copying import copy_table
from govcloud.migrations.mariadb.endpoint import Endpoint, quoted, run
from govcloud.migrations.mariadb.facts import facts
from govcloud.migrations.pace import Meter, Pace


def bring_rest(source: Endpoint, target: Endpoint, move: str, pace: Pace, meter: Meter) -> dict[str, int]:
    """Bring it over; how much there was of each. May be done again."""
    with source.connected() as reading, target.connected() as writing:
        held = [table for table in tables(reading) if not table.followed]
        for table in held:
            copy_table(reading, target, table, ledger.note_whole(move, table.name), pace, meter)
        theirs, ours = facts(reading), facts(writing)
        numbers = 0
        for name, value in theirs.items():
            if not name.startswith("next ") or ours.get(name) == value:
                continue
            thing = quoted(name.partition(" of ")[2])
            if name.startswith("next number"):
                run(writing, f"ALTER TABLE {thing} AUTO_INCREMENT = {int(value)}")
            else:
                run(writing, f"SELECT SETVAL({thing}, {int(value)}, 0)")
            numbers += 1
    return {"tables": len(held), "numbers": numbers}
