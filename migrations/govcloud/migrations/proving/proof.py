"""A proof of equality on disk: what each part held on both sides, by digest and position, and a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from govcloud.errors import ToolkitError, Where
from govcloud.evidence import Sealed, opened, sign_as_author, write_sealed
from govcloud.migrations.sizes import size
from govcloud.migrations.steps import Facts

FORMAT = 1
PROOF = "evidence.json"
PAGE = "evidence.html"
REMEDY = "name a folder that `cutover` or `verify` wrote"


@dataclass(frozen=True)
class Proof:
    """What was compared of one move. `made` is UTC; `order` the digest of the order, empty without one.

    `parts` are by name: of a database the digest, rows and bytes of each relation and the positions of both
    logs, of a tree its entries, bytes and the digests of both sides.
    """

    site: str
    plane: str
    move: str
    system: str
    name_zh: str
    host: str
    made: datetime
    tool: str
    order: str
    parts: Mapping[str, Facts]

    @property
    def differences(self) -> list[str]:
        """What differs, by part; nothing where both sides are equal."""
        return [f"{name}: {line}" for name, facts in self.parts.items() for line in facts["differences"]]

    @property
    def uncompared(self) -> list[str]:
        """What was left out, by part: it was written at the target since that took writes."""
        return [f"{name}: {what}" for name, facts in self.parts.items() for what in _written_since(facts)]

    @property
    def verdict(self) -> str:
        """What it comes to, in one line."""
        if self.differences:
            return "BOTH SIDES DIFFER"
        if self.uncompared:
            return (
                f"what was compared is equal; written since, and not compared: {'; '.join(self.uncompared)}"
            )
        return "both sides are equal"

    def document(self) -> dict[str, Any]:
        """It as JSON."""
        kept = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {"format": FORMAT, **kept, "made": self.made.isoformat(timespec="seconds")}


def _written_since(facts: Facts) -> list[str]:
    if "relations" in facts:
        return [name for name, held in facts["relations"].items() if "written since" in held]
    return [f"{facts['written since']} entries"] if facts["written since"] else []


def proof_page(proof: Proof) -> str:
    """One HTML page that needs nothing beside it."""
    environment = Environment(
        loader=PackageLoader("govcloud.migrations.proving"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["size"] = size
    return environment.get_template("evidence.html.j2").render(proof=proof)


def write_proof(proof: Proof, directory: Path, key: Path | None) -> Sealed:
    """Write it into a folder of its own, signed where a key is given."""
    text = json.dumps(proof.document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    stem = f"{proof.made:%Y%m%dT%H%M%SZ}-{proof.move}"
    sealed = write_sealed({PAGE: proof_page(proof), PROOF: text}, directory, stem)
    if key is not None:
        sign_as_author(sealed, key)
        sealed = opened(sealed.folder)
    return sealed


def read_proof(folder: Path) -> tuple[Proof, Sealed]:
    """The proof in a folder, as it was sealed; nothing is said of signatures."""
    sealed = opened(folder)
    try:
        document = json.loads(sealed.files[PROOF].decode("utf-8"))
        if document.pop("format") != FORMAT:
            raise ValueError("its format is not one that this version reads")
        made = datetime.fromisoformat(document.pop("made")).astimezone(UTC)
        return Proof(**document, made=made), sealed
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolkitError(f"it holds no evidence: {error}", Where(folder / PROOF), REMEDY) from error
