"""What is made of a binary log that was written out: rows and positions, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from govcloud.errors import ToolkitError
from govcloud.migrations.mariadb.binlog import TOGETHER, Passing, Seen, tables_in

HEAD = """DELIMITER /*!*/;
# at 4
#261126 23:52:57 server id 7  end_log_pos 256 CRC32 0x0e0d4a03 \tStart: binlog v 4
BINLOG '
Zm9ybWF0
'/*!*/;
"""
TAIL = """DELIMITER ;
# End of log file
ROLLBACK /* added by mysqlbinlog */;
"""


def rows(*tables: str) -> str:
    maps = "".join(
        f"#261126 23:53:15 server id 7  end_log_pos 1040 CRC32 0xd1492444 \tTable_map: `q`.`{table}` mapped to number 18\n"
        for table in tables
    )
    return f"{maps}BINLOG '\nrows of {' and '.join(tables)}\n'/*!*/;\n"


def transaction(end: int, *parts: str) -> str:
    begin = f"# at 1\n#261126 server id 7  end_log_pos {end - 10} CRC32 0x0 \tGTID 0-7-5 trans\n/*M!100001 SET @@session.gtid_seq_no=5*//*!*/;\nSTART TRANSACTION\n/*!*/;\n"
    return (
        f"{begin}{''.join(parts)}#261126 server id 7  end_log_pos {end} CRC32 0x0 \tXid = 20\nCOMMIT/*!*/;\n"
    )


def lines(text: str) -> Iterator[bytes]:
    return iter([line.encode() for line in text.splitlines(keepends=True)])


def passed(text: str, wanted: set[str] | None = None, seen: Seen | None = None) -> str:
    choose = (lambda _: True) if wanted is None else (lambda name: name in wanted)
    passing = Passing(lambda at: f"NOTE {at}", choose, seen or Seen(), "the source")
    return b"".join(passing.lines(lines(HEAD + text + TAIL))).decode()


def test_rows_are_passed_on_and_the_position_is_noted_before_the_commit() -> None:
    said = passed(transaction(1126, rows("t")))
    assert said.index("rows of t") < said.index("NOTE 1126/*!*/;\nCOMMIT/*!*/;\n") < said.index("DELIMITER ;")
    assert "Zm9ybWF0" in said


def test_many_transactions_are_one_with_the_last_position() -> None:
    said = passed("".join(transaction(1000 + at, rows(f"t{at}")) for at in range(5)))
    assert said.count("START TRANSACTION") == said.count("COMMIT") == 1
    assert "NOTE 1004" in said and "NOTE 1003" not in said


def test_a_group_is_committed_when_it_is_full() -> None:
    said = passed("".join(transaction(1000 + at, rows("t")) for at in range(TOGETHER + 1)))
    assert said.count("COMMIT") == 2
    assert f"NOTE {1000 + TOGETHER - 1}" in said


def test_the_numbers_of_the_source_are_not_set_on_the_target() -> None:
    assert "gtid_seq_no" not in passed(transaction(1126, rows("t")))


def test_rows_of_tables_that_are_not_wanted_are_left_out() -> None:
    seen = Seen()
    said = passed(transaction(1126, rows("t"), rows("u")), {"u"}, seen)
    assert "rows of u" in said and "rows of t" not in said
    assert seen.groups == 1


def test_a_statement_over_both_kinds_of_tables_is_an_error() -> None:
    with pytest.raises(ToolkitError, match="wrote to t, u, of which not all are followed"):
        passed(transaction(1126, rows("t", "u")), {"u"})


def test_a_transaction_that_is_taken_back_takes_back_nothing_else() -> None:
    broken = transaction(2000, rows("old")).replace("COMMIT/*!*/;", "ROLLBACK/*!*/;")
    said = passed(transaction(1126, rows("t")) + broken)
    assert said.index("rows of old") < said.index("ROLLBACK TO govcloud_begun") < said.index("NOTE 1126")


def test_a_log_that_ends_within_a_transaction_brings_nothing_of_it() -> None:
    half = transaction(2000, rows("half")).partition("#261126 server id 7  end_log_pos 2000")[0]
    said = passed(transaction(1126, rows("t")) + half)
    assert said.index("rows of half") < said.index("ROLLBACK TO govcloud_begun") < said.index("NOTE 1126")


def test_a_table_that_is_emptied_is_emptied_behind_what_came_before() -> None:
    text = "#261126 server id 7  end_log_pos 1983 CRC32 0x0 \tQuery\nuse `q`/*!*/;\nSET TIMESTAMP=1/*!*/;\ntruncate u\n/*!*/;\n"
    said = passed(transaction(1126, rows("t")) + text)
    assert said.index("NOTE 1126") < said.index("truncate u") < said.index("NOTE 1983")


@pytest.mark.parametrize(
    "statement",
    ["alter table t add w int", "CREATE TABLE x (a int)", "INSERT INTO t VALUES (1)", "drop view v"],
)
def test_every_other_statement_ends_it_by_name(statement: str) -> None:
    with pytest.raises(ToolkitError, match=f"its definitions were changed while it moves: {statement[:12]}"):
        passed(f"{statement}\n/*!*/;\n")


def test_names_with_quotes_are_read() -> None:
    seen = Seen()
    passed(transaction(1126, rows("Liste ``x``.y")), {"Liste `x`.y"}, seen)
    assert seen.groups == 1


def test_the_tables_that_were_written_are_told() -> None:
    text = HEAD + transaction(1126, rows("t", "u``v")) + transaction(1200, rows("t")) + TAIL
    assert tables_in(lines(text)) == {"t", "u`v"}


@pytest.mark.parametrize("statement", ["TRUNCATE TABLE t", "ALTER TABLE t ADD COLUMN d int"])
def test_after_a_statement_any_table_may_have_been_written(statement: str) -> None:
    text = HEAD + transaction(1126, rows("u")) + f"{statement}\n/*!*/;\n" + TAIL
    assert tables_in(lines(text)) is None
