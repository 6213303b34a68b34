"""Every kind says all that the provider, the plan and the matrix rely on."""

from __future__ import annotations

import pytest

from govcloud.provider import KINDS, Kind, Marker

EVERY = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())


@EVERY
def test_it_can_be_found_again(kind: Kind) -> None:
    """By a marker that the creating call writes, or by a key that admits one object."""
    assert kind.marked_by is not Marker.NONE or kind.natural_key


@EVERY
def test_its_natural_key_consists_of_its_fields(kind: Kind) -> None:
    assert {*kind.natural_key} <= {field.name for field in kind.fields}


@EVERY
def test_references_name_kinds(kind: Kind) -> None:
    assert {target for field in kind.fields for target in field.refers_to} <= KINDS.keys()


@EVERY
def test_what_it_ignores_has_a_reason_and_is_not_a_field(kind: Kind) -> None:
    declared = {field.key for field in kind.fields}
    for attribute, reason in kind.ignored.items():
        assert reason
        assert attribute not in declared


@EVERY
def test_a_field_stands_once(kind: Kind) -> None:
    names = [field.name for field in kind.fields]
    assert len(names) == len(set(names))
    assert "description" not in names


def test_a_server_that_is_still_being_built_is_not_judged_by_the_ports_that_it_has_not_got_yet() -> None:
    server = KINDS["server"]
    assert server.unfinished({"status": "BUILD"})
    assert not server.unfinished({"status": "ACTIVE"})
    assert not any(kind.unfinished({"status": "BUILD"}) for kind in KINDS.values() if kind is not server)
