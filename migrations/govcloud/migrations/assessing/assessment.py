"""What was found on a host of today: the answers of the probes, and what follows from them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from govcloud.errors import ToolkitError, Where
from govcloud.local import private_directory, write_private
from govcloud.migrations.findings import Finding, Weight

FORMAT = 1
REMEDY = "run `govcloud migrate assess` again"


@dataclass(frozen=True)
class Assessment:
    """One look at one host; `probes` holds what each probe printed, by its name, and `made` is UTC."""

    plane: str
    host: str
    made: datetime
    probes: Mapping[str, Mapping[str, Any]]
    findings: tuple[Finding, ...]

    def part(self, probe: str, key: str) -> Sequence[Any]:
        """One list of what a probe found."""
        found: Sequence[Any] = self.probes[probe][key]
        return found

    def servers(self, engine: str) -> Iterator[Mapping[str, Any]]:
        """The database servers of one engine."""
        return (one for one in self.part("databases", "servers") if one["engine"] == engine)

    @property
    def blocks(self) -> bool:
        """Whether something has to be mended before anything can be moved."""
        return any(one.weight is Weight.BLOCKS for one in self.findings)

    def document(self) -> dict[str, Any]:
        """It as JSON."""
        return {
            "format": FORMAT,
            "plane": self.plane,
            "host": self.host,
            "made": self.made.isoformat(timespec="seconds"),
            "findings": [
                {"name": one.name, "weight": one.weight.value, "seen": one.seen, "remedy": one.remedy}
                for one in self.findings
            ],
            "probes": {name: dict(found) for name, found in self.probes.items()},
        }


def write_assessment(found: Assessment, directory: Path) -> Path:
    """Keep it for its owner alone, in place of the one before: it tells where a host is weak."""
    path = private_directory(directory) / f"{found.host}.json"
    write_private(path, json.dumps(found.document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    return path


def read_assessment(directory: Path, host: str) -> Assessment:
    """The last look at a host; ToolkitError where there was none, or the file does not hold one."""
    path = directory / f"{host}.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ToolkitError(
            f"{host} has not been looked at", str(path), f"run `govcloud migrate assess {host}` first"
        ) from None
    except (OSError, ValueError) as error:
        raise ToolkitError(f"it cannot be read: {error}", Where(path), REMEDY) from error
    try:
        return _assessment(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ToolkitError(f"it holds no assessment: {error}", Where(path), REMEDY) from error


def _assessment(document: Mapping[str, Any]) -> Assessment:
    if document["format"] != FORMAT:
        raise ValueError(f"its format is {document['format']}, and this version reads {FORMAT}")
    findings = tuple(
        Finding(one["name"], Weight(one["weight"]), one["seen"], one["remedy"])
        for one in document["findings"]
    )
    made = datetime.fromisoformat(document["made"]).astimezone(UTC)
    return Assessment(document["plane"], document["host"], made, document["probes"], findings)
