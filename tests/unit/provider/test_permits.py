"""The provider does what the plan holds and nothing else, to objects that are as the plan saw them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from govcloud.errors import ToolkitError
from govcloud.provider import Permit, Permits

HELD = Permit("delete", "extranet/core/net", "id-1", live="seen")


@pytest.mark.parametrize("live", ["", "seen", "another"])
def test_what_the_plan_holds_is_allowed_whatever_the_object_has_become(live: str) -> None:
    Permits([HELD]).demand(replace(HELD, live=live))


@pytest.mark.parametrize(
    "other",
    [
        Permit("delete", "extranet/core/net", "id-2", live="seen"),
        Permit("delete", "extranet/core/other", "id-1", live="seen"),
        Permit("create", "extranet/core/net"),
        Permit("update", "extranet/core/net", "id-1", "digest"),
    ],
)
def test_everything_else_is_refused(other: Permit) -> None:
    with pytest.raises(ToolkitError, match="is not in the plan"):
        Permits([HELD]).demand(other)


@pytest.mark.parametrize(("live", "unmoved"), [("seen", True), ("another", False), ("", False)])
def test_an_object_has_moved_when_it_is_not_as_the_plan_saw_it(live: str, unmoved: bool) -> None:
    assert Permits([HELD]).unmoved(replace(HELD, live=live)) is unmoved


def test_each_object_is_held_to_what_was_seen_of_itself() -> None:
    other = replace(HELD, identifier="id-2", live="other")
    permits = Permits([HELD, other])
    assert permits.unmoved(HELD)
    assert permits.unmoved(other)
    assert not permits.unmoved(replace(other, live="seen"))


def test_an_empty_plan_allows_nothing() -> None:
    with pytest.raises(ToolkitError, match=r"delete of extranet/core/net \(id-1\) is not in the plan"):
        Permits([]).demand(HELD)


def test_a_create_has_no_id_to_name() -> None:
    with pytest.raises(ToolkitError, match="create of extranet/core/net is not in the plan"):
        Permits([]).demand(Permit("create", "extranet/core/net", "", "digest"))
