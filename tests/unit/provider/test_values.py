"""Two values are equal when they mean the same, whatever shape either side gives them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud.provider.kind import Field
from govcloud.provider.values import canonical, equal, walk

PLAIN = Field("plain")
ORDERED = Field("ordered", order_matters=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (7.0, 7),
        ([], None),
        ({}, None),
        ((), []),
        (["b", "a"], ["a", "b"]),
        ([{"x": 1.0}], [{"x": 1, "y": None}]),
    ],
)
def test_what_means_the_same_is_equal(one: object, other: object) -> None:
    assert equal(PLAIN, one, other)


@pytest.mark.parametrize(
    ("one", "other"), [(0, None), (False, None), ("", None), (7.5, 7), (["a"], ["a", "a"]), ("7", 7)]
)
def test_what_means_something_else_differs(one: object, other: object) -> None:
    assert not equal(PLAIN, one, other)


def test_order_counts_only_where_the_field_says_so() -> None:
    assert equal(PLAIN, ["a", "b"], ["b", "a"])
    assert not equal(ORDERED, ["a", "b"], ["b", "a"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_canonical_of_canonical_is_canonical(value: object) -> None:
    assert canonical(canonical(value)) == canonical(value)


@given(st.lists(JSON, max_size=5), st.randoms())
def test_shuffled_lists_are_equal_unless_order_matters(items: list[object], random: object) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert equal(PLAIN, items, shuffled)


def test_walk_visits_every_string_and_keeps_the_shape() -> None:
    assert walk({"a": ["x", {"b": "y"}], "n": 3}, str.upper) == {"a": ["X", {"b": "Y"}], "n": 3}
