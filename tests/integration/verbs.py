"""The migrate verbs as a person types them, in this process, for one site's extranet."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from govcloud.cli.main import govcloud


@dataclass(frozen=True)
class Verbs:
    """What is typed, with the site and its work directory."""

    inventory: Path
    work: Path

    def call(self, *words: str) -> Result:
        place = ["--inventory", str(self.inventory), "--work", str(self.work), "--plane", "extranet"]
        return CliRunner().invoke(
            govcloud, ["migrate", words[0], *place, *words[1:]], standalone_mode=False, catch_exceptions=False
        )

    def done(self, *words: str) -> dict[str, Any]:
        """The document of a verb that ends well."""
        result = self.call(*words, "--format", "json")
        assert not result.return_value, result.output
        return dict(json.loads(result.stdout))

    def approve(self, folder: str, *keys: Path) -> None:
        for key in keys:
            words = ["approve", folder, "--work", str(self.work), "--key", str(key)]
            result = CliRunner().invoke(govcloud, words, standalone_mode=False, catch_exceptions=False)
            assert result.exit_code == 0, result.output
