"""An order binds a night: what two people have signed is cut over in that night, or nothing is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from govcloud.errors import ToolkitError
from govcloud.evidence import APPROVER, AUTHOR, Trust, seal, sign_as_author
from govcloud.evidence.signatures import SignatureError
from govcloud.migrations.orders import (
    Accepted,
    Order,
    OrderFolder,
    approve,
    demand_ordered,
    order_page,
    read_order,
    tool_digest,
    write_order,
)
from govcloud.migrations.planning import Duration, Rates
from govcloud.migrations.rehearsing import (
    Rehearsal,
    Shape,
    demand_fits,
    read_rehearsal,
    shape_of,
    write_rehearsal,
)
from unit.signing import Key

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
NIGHT = NOW + timedelta(hours=5)
STAGES = (("drain", 0.4), ("fence", 0.2), ("catch up", 0.8))
REHEARSAL = Rehearsal(
    "extranet",
    "court-notices-move",
    NOW - timedelta(days=1),
    shape_of({"notices": {"table ledger": "number int", "view all": "SELECT 1"}}),
    95.0,
    2.5,
    STAGES,
    Duration(100.0, 2.2, ("copying: 5 GiB",)),
    Rates(),
    "e" * 64,
)
ORDER = Order(
    site="example",
    plane="extranet",
    move="court-notices-move",
    system="court-notices",
    name_zh="法院公告系统",
    host="legacy-court",
    made=NOW,
    begins=NIGHT,
    ends=NIGHT + timedelta(hours=7),
    downtime=30.0,
    return_within=3 * 86400.0,
    signatures=2,
    tool=tool_digest(),
    declaration="d" * 64,
    parts=(("postgresql notices", "court_notices on shared-postgresql"),),
    accepted=(Accepted("file /srv/queue", "made anew at each start", "a fifo"),),
    rehearsal=REHEARSAL,
)
ROLES = {"alice": (AUTHOR, APPROVER), "bob": (APPROVER,), "carol": (APPROVER,)}


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, Key]:
    return {name: Key.made(tmp_path, name) for name in ROLES}


@pytest.fixture
def trust(tmp_path: Path, keys: dict[str, Key]) -> Trust:
    found = Trust(tmp_path / "allowed_signers", tmp_path / "revoked_keys")
    lines = [keys[name].line(name, f'namespaces="{",".join(roles)}"') for name, roles in ROLES.items()]
    found.allowed_signers.write_text("".join(f"{line}\n" for line in lines))
    return found


@pytest.fixture
def signed(tmp_path: Path, keys: dict[str, Key]) -> OrderFolder:
    """An order with its author's signature."""
    folder = write_order(ORDER, tmp_path / "orders")
    sign_as_author(folder.sealed, keys["alice"].file)
    return read_order(folder.sealed.folder)


def approved(folder: OrderFolder, trust: Trust, *keys: Key) -> OrderFolder:
    for key in keys:
        approve(folder, key.file, trust, NOW)
        folder = read_order(folder.sealed.folder)
    return folder


def test_an_order_is_read_as_it_was_written(signed: OrderFolder) -> None:
    assert signed.order == ORDER


def test_two_others_signatures_order_a_cutover(
    signed: OrderFolder, trust: Trust, keys: dict[str, Key]
) -> None:
    folder = approved(signed, trust, keys["bob"], keys["carol"])
    found = demand_ordered(folder, trust, NIGHT)
    assert [one.principal for one in found.approvers] == ["bob", "carol"]


def test_one_signature_does_not(signed: OrderFolder, trust: Trust, keys: dict[str, Key]) -> None:
    with pytest.raises(SignatureError, match="2 approvals are asked for, and it has 1"):
        demand_ordered(approved(signed, trust, keys["bob"]), trust, NIGHT)


def test_its_author_does_not_approve_it(signed: OrderFolder, trust: Trust, keys: dict[str, Key]) -> None:
    with pytest.raises(SignatureError, match=r"alice .* made it"):
        approve(signed, keys["alice"].file, trust, NOW)


@pytest.mark.parametrize(
    ("moment", "reason"),
    [(NIGHT - timedelta(minutes=1), "begins at 2026-11-26 14:00"), (NIGHT + timedelta(hours=8), "ended at")],
)
def test_it_holds_for_its_night_alone(
    signed: OrderFolder, trust: Trust, keys: dict[str, Key], moment: datetime, reason: str
) -> None:
    folder = approved(signed, trust, keys["bob"], keys["carol"])
    with pytest.raises(SignatureError, match=reason):
        demand_ordered(folder, trust, moment)


def test_another_version_of_the_tool_refuses_it(tmp_path: Path, trust: Trust) -> None:
    folder = write_order(replace(ORDER, tool="0.0.9+abc"), tmp_path / "orders")
    with pytest.raises(ToolkitError, match="another version of the tool"):
        demand_ordered(folder, trust, NIGHT)


def test_a_page_that_shows_another_order_is_refused(
    tmp_path: Path, trust: Trust, keys: dict[str, Key]
) -> None:
    folder = write_order(ORDER, tmp_path / "orders").sealed.folder
    (folder / "order.html").write_text(order_page(replace(ORDER, downtime=3.0)))
    seal(folder)
    with pytest.raises(ToolkitError, match="its page shows another order"):
        approve(read_order(folder), keys["bob"].file, trust, NOW)


@pytest.mark.parametrize("name", ["order.json", "order.html", "manifest.json"])
def test_a_byte_that_was_changed_is_refused(signed: OrderFolder, name: str) -> None:
    path = signed.sealed.folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(ToolkitError):
        read_order(signed.sealed.folder)


def test_a_folder_that_holds_something_else_is_no_order(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("{}")
    seal(tmp_path)
    with pytest.raises(ToolkitError, match="it is no order"):
        read_order(tmp_path)


def test_the_page_says_what_its_signers_answer_for() -> None:
    page = order_page(ORDER)
    for text in (
        "法院公告系统",
        "at most 30 s",
        "rehearsal took 2.5 s",
        "file /srv/queue",
        "made anew",
        "catch up",
    ):
        assert text in page


def test_a_rehearsal_is_kept_and_read_again(tmp_path: Path) -> None:
    path = write_rehearsal(REHEARSAL, tmp_path)
    assert read_rehearsal(tmp_path) == REHEARSAL
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "{}", "[]", json.dumps({**REHEARSAL.document(), "downtime": "soon"})])
def test_a_file_that_holds_no_rehearsal_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "rehearsal.json").write_text(text)
    with pytest.raises(ToolkitError, match="it holds no rehearsal"):
        read_rehearsal(tmp_path)


def test_no_rehearsal_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToolkitError, match="has not been rehearsed"):
        read_rehearsal(tmp_path)


def test_a_rehearsal_that_fits_is_enough() -> None:
    demand_fits(REHEARSAL, REHEARSAL.shape, 30, 14 * 86400, NOW)


@pytest.mark.parametrize(
    ("shape", "allowed", "lasts", "reason"),
    [
        (
            shape_of({"notices": {"table ledger": "number bigint", "view all": "SELECT 1"}}),
            30,
            14 * 86400,
            "another shape than what was rehearsed: notices: table ledger has changed\n",
        ),
        (Shape({}), 30, 14 * 86400, "notices: table ledger is gone; notices: view all is gone\n"),
        (
            Shape({**REHEARSAL.shape.facts, **{f"table {n}": "0" for n in range(12)}}),
            30,
            14 * 86400,
            "; and 2 more\n",
        ),
        (REHEARSAL.shape, 2, 14 * 86400, "took 2.5 s, and the move may take 2 s"),
        (REHEARSAL.shape, 30, 3600, "1.0 days old"),
    ],
)
def test_a_rehearsal_that_does_not_fit_is_refused(
    shape: Shape, allowed: float, lasts: float, reason: str
) -> None:
    with pytest.raises(ToolkitError, match=reason):
        demand_fits(REHEARSAL, shape, allowed, lasts, NOW)


def test_a_rehearsal_of_tomorrow_is_refused() -> None:
    with pytest.raises(ToolkitError, match="days old"):
        demand_fits(replace(REHEARSAL, made=NOW + timedelta(days=1)), REHEARSAL.shape, 30, 86400, NOW)


@pytest.mark.parametrize(
    ("predicted", "measured", "true"),
    [(2.2, 2.5, True), (0.5, 1.4, True), (9.0, 12.0, True), (5.0, 12.0, False)],
)
def test_a_prediction_is_true_within_a_second_or_a_third(
    predicted: float, measured: float, true: bool
) -> None:
    found = replace(REHEARSAL, downtime=measured, predicted=Duration(1, predicted, ()))
    assert found.foretold is true
