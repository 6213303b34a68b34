"""Every verb that the help names can be called, and says by an example how."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from govcloud.cli.main import VERBS, govcloud


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_its_help_has_an_example(verb: str) -> None:
    said = CliRunner().invoke(govcloud, [verb, "--help"])
    assert said.exit_code == 0, said.output
    assert "Example:" in said.output


def test_an_unknown_verb_is_wrong_usage() -> None:
    said = CliRunner().invoke(govcloud, ["frobnicate"])
    assert said.exit_code == click.UsageError.exit_code
