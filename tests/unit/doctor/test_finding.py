"""A check that cannot be made is never `ok`, keeps no other from being made, and tells no secret."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from govcloud.doctor.finding import Finding, State, attempt, exit_code, note, ok, unknown, wrong
from govcloud.errors import ToolkitError, ToolkitErrors, Where


@pytest.mark.parametrize(
    ("error", "seen", "remedy"),
    [
        (ToolkitError("it is torn", "a file", "mend it"), "a file: it is torn", "mend it"),
        (ToolkitError("it is torn"), "it is torn", "mend it, then look again"),
        (ToolkitErrors([ToolkitError("first", None, "one"), ToolkitError("second")]), "first", "one"),
        (
            PermissionError(13, "Permission denied", "/x"),
            "Permission denied: /x",
            "look again as root or through sudo",
        ),
    ],
)
def test_a_check_that_cannot_be_made_says_so_and_what_to_do(error: Exception, seen: str, remedy: str) -> None:
    def check() -> Iterator[Finding]:
        raise error
        yield

    assert list(attempt("area", "subject", check)) == [
        Finding("subject", State.UNKNOWN, seen, remedy, "area"),
    ]


def test_of_an_unforeseen_error_only_the_kind_is_told() -> None:
    def check() -> Iterator[Finding]:
        raise ValueError("password: hunter2")
        yield

    (found,) = attempt("area", "subject", check)
    assert found.state is State.UNKNOWN
    assert "ValueError" in found.seen
    assert "hunter2" not in found.seen + found.remedy


def test_what_a_check_saw_before_it_failed_is_kept() -> None:
    def check() -> Iterator[Finding]:
        yield ok("first", "well")
        raise OSError("gone")

    assert [one.state for one in attempt("area", "second", check)] == [State.OK, State.UNKNOWN]


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([], 0),
        ([ok("a", "b"), note("a", "b", "c")], 0),
        ([ok("a", "b"), unknown("a", "b", "c")], 5),
        ([unknown("a", "b", "c"), wrong("a", "b", "c")], 1),
    ],
)
def test_the_exit_code_is_that_of_the_gravest(findings: list[Finding], code: int) -> None:
    assert exit_code(findings) == code


def test_an_error_s_place_is_told() -> None:
    def check() -> Iterator[Finding]:
        raise ToolkitError("it is torn", Where("inventory/x.yaml", 7), "mend it")  # type: ignore[arg-type]
        yield

    (found,) = attempt("area", "subject", check)
    assert found.seen == "inventory/x.yaml:7: it is torn"
