"""The provider does what the plan holds and nothing else."""

from __future__ import annotations

import pytest

from govcloud.errors import ToolkitError
from govcloud.provider import Permit, Permits

HELD = Permit("delete", "extranet/core/net", "id-1")


def test_what_the_plan_holds_is_allowed() -> None:
    Permits([HELD]).demand(HELD)


@pytest.mark.parametrize(
    "other",
    [
        Permit("delete", "extranet/core/net", "id-2"),
        Permit("delete", "extranet/core/other", "id-1"),
        Permit("create", "extranet/core/net"),
        Permit("update", "extranet/core/net", "id-1", "digest"),
    ],
)
def test_everything_else_is_refused(other: Permit) -> None:
    with pytest.raises(ToolkitError, match="is not in the plan"):
        Permits([HELD]).demand(other)
