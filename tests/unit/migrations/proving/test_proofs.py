"""Evidence is kept whole, read again, and held against what the source is now."""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from govcloud.errors import ToolkitError
from govcloud.evidence import Trust, approval_of
from govcloud.migrations.proving import Proof, proof_page, read_proof, unlike, write_proof

ROOT = Path(__file__).parents[4]
EXAMPLES = ROOT / "docs/examples"
RELATION = {"rows": 3, "bytes": 8192, "digest": "a" * 64}
DATABASE = {
    "relations": {"registry.person": RELATION},
    "source_position": "0/16B3748",
    "target_position": "0/2000000",
    "bytes": 8192,
    "seconds": 0.5,
    "differences": [],
}
TREE = {
    "entries": 4,
    "bytes": 100,
    "source": "b" * 64,
    "target": "b" * 64,
    "written since": 0,
    "differences": [],
}
PROOF = Proof(
    "minimal",
    "extranet",
    "court-notices-move",
    "court-notices",
    "法院公告系统",
    "legacy-court",
    datetime(2026, 12, 5, 15, 15, tzinfo=UTC),
    "0.1-abc",
    "c" * 64,
    {"postgresql notices": DATABASE, "files /srv/notices": TREE},
)


def test_the_example_is_whole_and_signed(tmp_path: Path) -> None:
    proof, sealed = read_proof(EXAMPLES / "evidence")
    trust = Trust(EXAMPLES / "evidence-signers", tmp_path / "nobody-is-revoked")
    author = approval_of(sealed, trust, proof.made).author
    assert author is not None
    assert author.principal == "demonstration-author"
    assert (proof.move, proof.differences) == ("floating-population-move", [])
    said = " ".join((EXAMPLES.parent / "migrate.md").read_text(encoding="utf-8").split())
    command = re.search(r"`(ssh-keygen -Y verify [^`<]+) <([^`]+)`", said)
    assert command is not None
    given = (ROOT / command[2]).read_bytes()
    checked = subprocess.run(shlex.split(command[1]), cwd=ROOT, input=given, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = write_proof(PROOF, tmp_path, None).folder
    assert read_proof(folder)[0] == PROOF


def test_a_folder_that_somebody_has_changed_is_refused(tmp_path: Path) -> None:
    folder = write_proof(PROOF, tmp_path, None).folder
    place = folder / "evidence.json"
    place.write_text(place.read_text().replace('"rows": 3', '"rows": 4'))
    with pytest.raises(ToolkitError):
        read_proof(folder)


def test_a_folder_of_something_else_is_no_evidence(tmp_path: Path) -> None:
    folder = write_proof(PROOF, tmp_path, None).folder
    (folder / "evidence.json").unlink()
    with pytest.raises(ToolkitError):
        read_proof(folder)


def test_the_page_says_what_was_compared_and_where() -> None:
    page = proof_page(PROOF)
    for text in (
        "法院公告系统",
        "registry.person",
        "a" * 64,
        "0/16B3748",
        "Both sides are equal, bit for bit",
    ):
        assert text in page


def test_the_page_says_what_differs() -> None:
    parts = {**PROOF.parts, "files /srv/notices": {**TREE, "differences": ["公告.txt is missing"]}}
    page = proof_page(replace(PROOF, parts=parts))
    assert "Both sides differ" in page and "files /srv/notices: 公告.txt is missing" in page


def test_what_was_left_out_is_named_and_not_called_equal() -> None:
    relations = {"registry.person": RELATION, "registry.ledger": {**RELATION, "written since": True}}
    parts = {"postgresql notices": {**DATABASE, "relations": relations}}
    proof = replace(PROOF, parts={**parts, "files /srv/notices": {**TREE, "written since": 2}})
    assert proof.uncompared == ["postgresql notices: registry.ledger", "files /srv/notices: 2 entries"]
    page = proof_page(proof)
    assert "Both sides are equal" not in page and "postgresql notices: registry.ledger" in page
    assert "registry.ledger" in proof.verdict and "both sides are equal" not in proof.verdict


def test_a_source_that_is_as_it_was_is_like_it() -> None:
    assert unlike(PROOF, PROOF.parts) == []


def test_what_is_otherwise_is_named() -> None:
    changed = {"registry.person": {**RELATION, "digest": "d" * 64}, "registry.new": RELATION}
    seen = {
        "postgresql notices": {**DATABASE, "relations": changed},
        "files /srv/notices": {**TREE, "source": "e" * 64},
        "files /srv/more": TREE,
    }
    found = unlike(PROOF, seen)
    assert found == [
        "files /srv/more: is no part of the proof",
        f"files /srv/notices: its tree was {'b' * 64}, and is {'e' * 64}",
        f"postgresql notices: registry.new was None, and is {'a' * 64}",
        f"postgresql notices: registry.person was {'a' * 64}, and is {'d' * 64}",
    ]


def test_a_part_that_has_gone_is_named() -> None:
    assert unlike(PROOF, {"files /srv/notices": TREE}) == ["postgresql notices: is not there any more"]
