"""A thing that was renamed keeps its prefixes and addresses; a former id is nobody else's."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from govcloud.errors import ToolkitErrors
from govcloud.topology import PlaneTopology, load
from govcloud.topology.addresses import allocate
from govcloud.topology.carrying import carry
from unit.inventories import MINIMAL, copied, edit, record, rename, say

FINANCE = "extranet/systems/finance.yaml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copied(tmp_path)


@pytest.mark.parametrize(
    ("recorded", "wanted", "renamed", "left"),
    [
        pytest.param({"old": 1}, ["new"], {"new": ["old"]}, {"new": 1}, id="the thing itself"),
        pytest.param(
            {"old-web": 1}, ["new-web"], {"new": ["old"]}, {"new-web": 1}, id="what follows from it"
        ),
        pytest.param({"router-old": 1}, ["router-new"], {"new": ["old"]}, {"router-new": 1}, id="its router"),
        pytest.param(
            {"old": 1}, ["new", "old"], {"new": ["old"]}, {"old": 1}, id="its id is another's by now"
        ),
        pytest.param(
            {"old": 1, "new": 2}, ["new"], {"new": ["old"]}, {"old": 1, "new": 2}, id="it has one already"
        ),
        pytest.param({"old": 1}, ["new"], {}, {"old": 1}, id="nothing was renamed"),
        pytest.param({"other": 1}, ["new"], {"new": ["old"]}, {"other": 1}, id="nothing was recorded"),
        pytest.param(
            {"first": 1, "second": 2},
            ["third"],
            {"third": ["second", "first"]},
            {"first": 1, "third": 2},
            id="renamed twice: the newest counts",
        ),
        pytest.param(
            {"first": 1}, ["third"], {"third": ["second", "first"]}, {"third": 1}, id="never recorded between"
        ),
        pytest.param(
            {"old-web": 1}, ["newer-web"], {"new": ["old"]}, {"old-web": 1}, id="an id that begins another"
        ),
        pytest.param(
            {"web-old": 1}, ["web-new"], {"new": ["old"]}, {"web-old": 1}, id="an id that ends another name"
        ),
        pytest.param({"old.1": 1}, ["new"], {"new": ["old.1"]}, {"new": 1}, id="a point is a point"),
    ],
)
def test_records_follow_what_they_were_given_to(
    recorded: dict[str, int],
    wanted: Sequence[str],
    renamed: Mapping[str, Sequence[str]],
    left: Mapping[str, int],
) -> None:
    before = set(recorded)
    assert carry(recorded, wanted, renamed) == sorted(left.keys() - before)
    assert recorded == left


def test_two_that_were_exchanged_keep_their_names() -> None:
    """Whose record is whose cannot be told: both stay where they are."""
    recorded = {"one": 1, "two": 2}
    assert carry(recorded, ["one", "two"], {"one": ["two"], "two": ["one"]}) == []
    assert recorded == {"one": 1, "two": 2}


THINGS = {
    "a system": (FINANCE, "treasury"),
    "a unit": ("units/city-court.yaml", "city-tribunal"),
    "a county with a code": ("counties/east.yaml", "orient"),
    "a county without one": ("counties/lakeside.yaml", "shore"),
    "a machine": ("extranet/machines/shared-postgresql.yaml", "shared-database"),
    "a segment": ("extranet/segments/data.yaml", "storage"),
    "a conference": ("extranet/conferences/hd-backup.yaml", "hd-main"),
}


def given(plane: PlaneTopology) -> tuple[list[str], ...]:
    """What has been given out in a plane, without the names of whom it was given to."""
    return (
        sorted(str(segment.prefix) for segment in plane.segments),
        sorted(str(machine.address) for machine in plane.machines),
        sorted(str(address) for address in plane.shared_addresses.values()),
        sorted(f"{router.summary} {router.backbone_address}" for router in plane.routers),
    )


@pytest.mark.parametrize("thing", THINGS)
def test_whatever_is_renamed_keeps_what_it_was_given(root: Path, thing: str) -> None:
    file, new = THINGS[thing]
    before = load(root).planes
    rename(root, file, new, Path(file).stem)
    record(root)
    after = load(root).planes
    assert {name: given(plane) for name, plane in after.items()} == {
        name: given(plane) for name, plane in before.items()
    }


def test_each_entry_of_the_lock_file_goes_over_to_the_new_name(root: Path) -> None:
    rename(root, FINANCE, "treasury", "finance")
    record(root)
    was = (MINIMAL / "extranet/addresses.lock.yaml").read_text("utf-8")
    now = (root / "extranet/addresses.lock.yaml").read_text("utf-8")
    assert now == re.sub(r"^  finance(?=[:-])", "  treasury", was, flags=re.M)


def test_a_renaming_that_is_not_recorded_is_told(root: Path) -> None:
    rename(root, FINANCE, "treasury", "finance")
    with pytest.raises(ToolkitErrors, match="plane extranet has addresses that are not recorded: treasury"):
        load(root)


def test_a_renaming_that_says_nothing_gets_addresses_of_its_own(root: Path) -> None:
    rename(root, FINANCE, "treasury")
    (found,) = allocate(root, ["extranet"])
    assert found.segments["treasury"] != found.segments["finance"]


def test_a_thing_that_takes_its_first_name_again_has_its_first_addresses(root: Path) -> None:
    before = (root / "extranet/addresses.lock.yaml").read_text("utf-8")
    rename(root, FINANCE, "treasury", "finance")
    record(root)
    back = root / "extranet/systems/treasury.yaml"
    back.write_text(back.read_text("utf-8").replace("moved_from: [finance]\n", ""), "utf-8")
    rename(root, "extranet/systems/treasury.yaml", "finance", "treasury", "finance")
    record(root)
    assert (root / "extranet/addresses.lock.yaml").read_text("utf-8") == before


def told(root: Path) -> list[str]:
    with pytest.raises(ToolkitErrors) as caught:
        load(root)
    return [str(error) for error in caught.value.parts()]


def test_a_former_id_that_still_stands_is_refused_at_its_line(root: Path) -> None:
    say(root, FINANCE, "moved_from: portal")
    (error,) = told(root)
    assert error.startswith(f"{root / FINANCE}:3: `finance` was moved from `portal`, which still stands")


def test_a_former_id_of_two_things_is_refused_at_the_later_line(root: Path) -> None:
    for name in ("finance", "portal"):
        say(root, f"extranet/systems/{name}.yaml", "moved_from: budget")
    (error,) = told(root)
    assert "`budget` was also moved to `finance`" in error
    assert f"{root / 'extranet/systems/portal.yaml'}:3" in error


def test_of_several_former_ids_the_one_that_is_wrong_is_named_by_its_line(root: Path) -> None:
    say(root, FINANCE, "moved_from:\n  - budget\n  - portal")
    (error,) = told(root)
    assert error.startswith(f"{root / FINANCE}:5: ")


@pytest.mark.parametrize(
    "file",
    [
        "units/city-court.yaml",
        "counties/east.yaml",
        "extranet/machines/probe.yaml",
        "extranet/segments/data.yaml",
    ],
)
def test_what_stands_is_looked_for_among_things_of_its_kind(root: Path, file: str) -> None:
    other = {
        "units/city-court.yaml": "city-finance-bureau",
        "counties/east.yaml": "lakeside",
        "extranet/machines/probe.yaml": "bastion",
        "extranet/segments/data.yaml": "management",
    }[file]
    say(root, file, f"moved_from: {other}")
    assert f"`{Path(file).stem}` was moved from `{other}`, which still stands" in told(root)[0]


def test_an_id_of_another_kind_or_its_own_may_be_a_former_one(root: Path) -> None:
    say(root, FINANCE, "moved_from: [bastion, finance]")
    assert load(root).planes["extranet"].systems["finance"].moved_from == ("bastion", "finance")


@pytest.mark.parametrize("word", ["budget", "[budget]"])
def test_one_former_id_may_stand_without_a_list(root: Path, word: str) -> None:
    say(root, FINANCE, f"moved_from: {word}")
    assert load(root).planes["extranet"].systems["finance"].moved_from == ("budget",)


@pytest.mark.parametrize("word", ["Budget", "a b", "7", "{a: b}", "true", "[[budget]]"])
def test_a_former_id_has_the_form_of_an_id(root: Path, word: str) -> None:
    say(root, FINANCE, f"moved_from: {word}")
    assert any(f"{root / FINANCE}:3: " in error and "moved_from" in error for error in told(root))


@pytest.mark.parametrize("word", ["false", "yes", "all", "[true]"])
def test_retiring_says_true_or_rebuild(root: Path, word: str) -> None:
    say(root, FINANCE, f"retire: {word}")
    assert any(f"{root / FINANCE}:3: " in error and "retire" in error for error in told(root))


def test_what_does_not_stand_in_a_cloud_is_neither_renamed_nor_retired(root: Path) -> None:
    for line in ("moved_from: old", "retire: true"):
        edit(root, "blueprints/service.yaml", "id: service\n", f"id: service\n{line}\n")
        assert "unknown key" in told(root)[0]
        edit(root, "blueprints/service.yaml", f"{line}\n", "")
