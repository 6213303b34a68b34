"""The model's JSON Schemas, for editors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from govcloud.topology import common, hosted, moving
from govcloud.topology.lock import Lock
from govcloud.topology.plane import Egress, Plane

MODELS: Mapping[str, type[BaseModel]] = {
    "addresses": Lock,
    "adoption": hosted.Adoption,
    "approval": hosted.Approval,
    "blueprint": common.Blueprint,
    "conference": hosted.Conference,
    "county": common.County,
    "egress": Egress,
    "flow": hosted.DeclaredFlow,
    "host": moving.LegacyHost,
    "import": hosted.Import,
    "indicators": common.Indicators,
    "machine": hosted.PlatformMachine,
    "move": moving.Move,
    "plane": Plane,
    "requirements": common.Requirements,
    "segment": hosted.PlatformSegment,
    "site": common.Site,
    "system": hosted.System,
    "unit": common.Unit,
    "website": hosted.Website,
}


def schemas() -> dict[str, dict[str, Any]]:
    """By name, the JSON Schema (draft 2020-12) of each kind of file in an inventory."""
    return {name: _schema(model) for name, model in MODELS.items()}


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}


def export(directory: Path) -> list[Path]:
    """Write every schema to `<directory>/<name>.json` and return the files."""
    directory.mkdir(parents=True, exist_ok=True)
    files = []
    for name, schema in schemas().items():
        file = directory / f"{name}.json"
        file.write_text(render(schema), encoding="utf-8")
        files.append(file)
    return files


def render(schema: Mapping[str, Any]) -> str:
    """A schema's text, as it stands in the repository."""
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
