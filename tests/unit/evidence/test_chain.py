"""A chain of entries shows what was changed in it; two who write at once get one number each."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from govcloud.engine.stores.files import Files
from govcloud.errors import ToolkitError
from govcloud.evidence import Chain, chain
from unit.signing import flips

PREFIX = "history/"


@pytest.fixture
def shelf(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture
def written(shelf: Files) -> Chain:
    """Three entries."""
    found = Chain(shelf, PREFIX)
    for word in ("began", "went on", "ended 完"):
        found.append({"what": word})
    return found


def file(shelf: Files, number: int) -> Path:
    return shelf.root / f"{PREFIX}{number:08d}.json"


def broken(written: Chain) -> str:
    with pytest.raises(ToolkitError, match="the chain is broken") as caught:
        list(written.entries())
    return str(caught.value)


def test_entries_come_back_in_order_each_naming_the_one_before(written: Chain) -> None:
    first, second, third = written.entries()
    assert [one.number for one in (first, second, third)] == [1, 2, 3]
    assert [one.said["what"] for one in (first, second, third)] == ["began", "went on", "ended 完"]
    assert (first.before, second.before, third.before) == (chain.BEGINNING, first.digest, second.digest)
    assert written.last() == third


def test_an_empty_chain_has_no_entry(shelf: Files) -> None:
    assert list(Chain(shelf, PREFIX).entries()) == []
    assert Chain(shelf, PREFIX).last() is None


def test_appending_gives_the_entry_that_was_written(written: Chain) -> None:
    entry = written.append({"what": "more"})
    assert (entry.number, entry) == (4, written.last())


def test_chains_of_two_prefixes_have_nothing_to_do_with_each_other(shelf: Files, written: Chain) -> None:
    assert Chain(shelf, "elsewhere/").append({}).number == 1
    assert len(list(written.entries())) == 3


def test_many_who_append_at_once_get_one_number_each(shelf: Files) -> None:
    def append(who: int) -> list[int]:
        return [Chain(shelf, PREFIX).append({"who": who, "turn": turn}).number for turn in range(5)]

    with ThreadPoolExecutor(6) as pool:
        numbers = [number for own in pool.map(append, range(6)) for number in own]
    assert sorted(numbers) == list(range(1, 31))
    said = [(one.said["who"], one.said["turn"]) for one in Chain(shelf, PREFIX).entries()]
    assert sorted(said) == [(who, turn) for who in range(6) for turn in range(5)]
    for who in range(6):
        assert [turn for one, turn in said if one == who] == list(range(5))


def test_whoever_is_overtaken_all_the_time_gives_up_and_says_so() -> None:
    class Busy:
        def names(self, prefix: str) -> list[str]:
            return []

        def read(self, name: str) -> bytes | None:
            return None

        def create(self, name: str, content: bytes) -> bool:
            return False

    with pytest.raises(ToolkitError, match="no entry could be added"):
        Chain(Busy(), PREFIX).append({})


def _changed(shelf: Files) -> None:
    file(shelf, 2).write_bytes(file(shelf, 2).read_bytes().replace(b"went on", b"went by"))


def _removed(shelf: Files) -> None:
    file(shelf, 2).unlink()


def _first_removed(shelf: Files) -> None:
    file(shelf, 1).unlink()


def _renumbered(shelf: Files) -> None:
    file(shelf, 2).rename(file(shelf, 4))


def _moved_up(shelf: Files) -> None:
    file(shelf, 3).replace(file(shelf, 2))


def _reordered(shelf: Files) -> None:
    second, third = file(shelf, 2).read_bytes(), file(shelf, 3).read_bytes()
    file(shelf, 2).write_bytes(third)
    file(shelf, 3).write_bytes(second)


def _written_anew(shelf: Files) -> None:
    document = json.loads(file(shelf, 2).read_bytes())
    entry = chain.Entry(2, document["before"], {"what": "something else"})
    file(shelf, 2).write_bytes(entry.text)


def _respelled(shelf: Files) -> None:
    file(shelf, 2).write_text(json.dumps(json.loads(file(shelf, 2).read_bytes())))


def _foreign(shelf: Files) -> None:
    (shelf.root / PREFIX / "notes.json").write_text("{}")


def _copied(shelf: Files) -> None:
    (shelf.root / PREFIX / "00000002-copy.json").write_bytes(file(shelf, 2).read_bytes())


@pytest.mark.parametrize(
    ("tamper", "what"),
    [
        pytest.param(_changed, "00000003.json: the chain is broken: what stands before it", id="changed"),
        pytest.param(_written_anew, "what stands before it has been changed", id="written anew"),
        pytest.param(_respelled, "00000002.json: the chain is broken: it has been changed", id="respelled"),
        pytest.param(_removed, "00000003.json: the chain is broken: it stands where number 2", id="removed"),
        pytest.param(_first_removed, "it stands where number 1 should", id="the first removed"),
        pytest.param(_renumbered, "it stands where number 2 should", id="renumbered"),
        pytest.param(_moved_up, "it stands where number 2 should", id="moved into another's place"),
        pytest.param(_reordered, "it stands where number 2 should", id="reordered"),
        pytest.param(_foreign, "notes.json: the chain is broken: it is no entry", id="a foreign file"),
        pytest.param(_copied, "it stands where number", id="a copy beside it"),
    ],
)
def test_what_was_tampered_with_is_refused_and_named(
    shelf: Files, written: Chain, tamper: Callable[[Files], None], what: str
) -> None:
    tamper(shelf)
    assert what in broken(written)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "7",
        "{}",
        "not json",
        '{"number": 2, "before": "", "said": 7}',
        '{"number": 2, "before": "", "said": null}',
        '{"number": 1e999, "before": "", "said": {}}',
        '{"number": 2, "before": "", "said": {"what": "\\ud800"}}',
        pytest.param("[" * 10**5, id="nested without end"),
    ],
)
def test_what_is_no_entry_is_an_error_that_names_it(shelf: Files, written: Chain, content: str) -> None:
    file(shelf, 2).write_text(content)
    assert "00000002.json" in broken(written)


def test_an_entry_that_cannot_be_read_is_never_an_end_of_the_chain(shelf: Files, written: Chain) -> None:
    file(shelf, 3).write_text("{}")
    with pytest.raises(ToolkitError, match="the chain is broken"):
        written.append({"what": "more"})


def test_any_byte_turned_of_any_entry_but_the_newest_is_seen(shelf: Files, written: Chain) -> None:
    for number in (1, 2):
        whole = file(shelf, number).read_bytes()
        for turned in (*flips(whole, 0x01), *flips(whole, 0x80)):
            file(shelf, number).write_bytes(turned)
            broken(written)
        file(shelf, number).write_bytes(whole)


def test_a_newest_entry_that_was_changed_or_removed_is_seen_by_its_digest_alone(
    shelf: Files, written: Chain
) -> None:
    """Which is why `apply` prints it, to be kept elsewhere."""
    kept = [one.digest for one in written.entries()]
    whole = file(shelf, 3).read_bytes()
    for turned in flips(whole, 0x01):
        file(shelf, 3).write_bytes(turned)
        try:
            assert [one.digest for one in written.entries()][-1] != kept[-1]
        except ToolkitError as error:
            assert "the chain is broken" in str(error)
    file(shelf, 3).unlink()
    assert [one.digest for one in written.entries()] == kept[:-1]
