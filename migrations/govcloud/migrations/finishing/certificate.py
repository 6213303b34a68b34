"""The decommission certificate: what was moved, how that was proved, and what stayed behind; signed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from govcloud.evidence import Sealed, sign_as_author, write_sealed
from govcloud.migrations.finishing.ledger import Left

LEDGER = "ledger.json"
PAGE = "certificate.html"


@dataclass(frozen=True)
class Certificate:
    """That a host may be switched off as far as one system is concerned. Times are UTC."""

    site: str
    plane: str
    move: str
    system: str
    name_zh: str
    host: str
    address: str
    made: datetime
    released: datetime
    downtime: float
    order: str
    """The digest of the order that was carried out."""
    evidence: str
    """The digest of the equality report."""
    left: tuple[Left, ...]
    uncompared: tuple[str, ...] = ()
    """What the report leaves out, because it was written on the platform before both sides were compared."""

    def document(self) -> dict[str, Any]:
        """It as JSON."""
        moments = {name: getattr(self, name).isoformat(timespec="seconds") for name in ("made", "released")}
        return {"format": 1, **asdict(self), **moments, "left": [asdict(one) for one in self.left]}


def certificate_page(certificate: Certificate) -> str:
    """One HTML page that needs nothing beside it."""
    environment = Environment(
        loader=PackageLoader("govcloud.migrations.finishing"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template("certificate.html.j2").render(certificate=certificate)


def write_certificate(certificate: Certificate, directory: Path, key: Path) -> Sealed:
    """Write it into a folder of its own, signed with the key of whoever answers for it."""
    text = json.dumps(certificate.document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    stem = f"{certificate.made:%Y%m%dT%H%M%SZ}-{certificate.move}"
    sealed = write_sealed({PAGE: certificate_page(certificate), LEDGER: text}, directory, stem)
    sign_as_author(sealed, key)
    return sealed
