"""Markers tell apart sites, addresses and generations, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud.provider import markers

NAMES = st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True)


@given(NAMES, NAMES, NAMES, NAMES)
def test_a_marker_parses_back(site: str, plane: str, stack: str, name: str) -> None:
    generation = markers.generation({"cidr": "10.0.0.0/24"})
    text = markers.marker(site, f"{plane}/{stack}/{name}", generation)
    assert markers.parse(text) == (f"{site}/{plane}/{stack}/{name}", generation)


@pytest.mark.parametrize("text", ["", "a note by somebody", "a/b/c/d", "a/b/c#0123456789", "a/b/c/d#short"])
def test_other_descriptions_are_no_markers(text: str) -> None:
    assert markers.parse(text) is None


def test_the_generation_does_not_depend_on_the_order_of_keys() -> None:
    assert markers.generation({"a": 1, "b": 2}) == markers.generation({"b": 2, "a": 1})


def test_a_marker_longer_than_the_apis_take_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than 255"):
        markers.marker("s", f"p/s/{'n' * 255}", "0" * 10)
