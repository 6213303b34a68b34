"""What a checked task would change, told as text that is the same whenever the difference is."""

from __future__ import annotations

from typing import Any

import pytest

from govcloud.configure.differences import LINES_AT_MOST, difference, unchecked

PAGE = {"before": "one\ntwo\n", "after": "one\n2\n"}
SHOWN = "--- now\n+++ then\n@@ -1,2 +1,2 @@\n one\n-two\n+2"


@pytest.mark.parametrize(
    ("result", "text"),
    [
        pytest.param({"diff": PAGE}, SHOWN, id="one difference"),
        pytest.param({"diff": [PAGE]}, SHOWN, id="a list of one"),
        pytest.param({"diff": [PAGE, PAGE]}, f"{SHOWN}\n{SHOWN}", id="several"),
        pytest.param({"results": [{"diff": PAGE}, {"diff": [PAGE]}]}, f"{SHOWN}\n{SHOWN}", id="a loop"),
        pytest.param({"results": [{"results": [{"diff": PAGE}]}]}, SHOWN, id="a loop in a loop"),
        pytest.param({"diff": {"prepared": "+ package 1.2\n\n"}}, "+ package 1.2", id="told by the module"),
        pytest.param(
            {"diff": {"before": "", "after": "new\n"}},
            "--- now\n+++ then\n@@ -0,0 +1 @@\n+new",
            id="a new file",
        ),
        pytest.param(
            {"diff": {"before": "old\n", "after": ""}},
            "--- now\n+++ then\n@@ -1 +0,0 @@\n-old",
            id="one that goes",
        ),
        pytest.param(
            {"diff": {"before": {"mode": "0644"}, "after": {"mode": "0600"}}},
            '--- now\n+++ then\n@@ -1,3 +1,3 @@\n {\n- "mode": "0644"\n+ "mode": "0600"\n }',
            id="properties",
        ),
        pytest.param(
            {"diff": {"after": "页\n"}}, "--- now\n+++ then\n@@ -0,0 +1 @@\n+页", id="nothing before"
        ),
    ],
)
def test_a_difference_is_shown_line_by_line(result: dict[str, Any], text: str) -> None:
    assert difference(result) == text


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"diff": None},
        {"diff": []},
        {"diff": {}},
        {"diff": [{}]},
        {"diff": "text"},
        {"diff": ["text", 7]},
        {"diff": {"before": "same\n", "after": "same\n"}},
        {"diff": {"before": None, "after": None}},
        {"results": []},
        {"results": ["text", {"changed": True}]},
    ],
)
def test_where_nothing_is_shown_the_text_is_empty(result: dict[str, Any]) -> None:
    assert difference(result) == ""


def test_the_order_of_properties_makes_no_difference() -> None:
    one = {"diff": {"before": {"a": 1, "b": 2}, "after": {"a": 1, "b": 3}}}
    other = {"diff": {"before": {"b": 2, "a": 1}, "after": {"b": 3, "a": 1}}}
    assert difference(one) == difference(other)


def test_names_of_temporary_files_are_not_told() -> None:
    headers = {"before_header": "/etc/motd", "after_header": "/tmp/ansible-tmp-7/motd.j2"}
    assert difference({"diff": {**PAGE, **headers}}) == SHOWN


@pytest.mark.parametrize("hidden", [{"censored": "no_log"}, {"censored": ""}])
def test_what_ansible_hides_stays_hidden(hidden: dict[str, str]) -> None:
    assert difference({**hidden, "diff": PAGE}) == ""
    assert difference({"results": [{**hidden, "diff": PAGE}]}) == ""
    assert difference({"results": [{**hidden, "diff": PAGE}, {"diff": PAGE}]}) == SHOWN


def test_a_long_difference_is_cut_and_says_by_how_much() -> None:
    text = difference({"diff": {"before": "", "after": "".join(f"{n}\n" for n in range(500))}})
    lines = text.split("\n")
    assert len(lines) == LINES_AT_MOST + 1
    assert lines[-1].startswith(f"… and {503 - LINES_AT_MOST} more lines (")


def test_what_is_cut_off_still_tells_one_difference_from_another() -> None:
    texts = {
        difference({"diff": {"before": "", "after": "x\n" * 400 + last}})
        for last in ("one\n", "two\n", "two")
    }
    assert len(texts) == 2


def test_a_difference_of_just_the_limit_is_whole() -> None:
    text = difference({"diff": {"before": "", "after": "".join(f"{n}\n" for n in range(LINES_AT_MOST - 3))}})
    assert len(text.split("\n")) == LINES_AT_MOST
    assert "more lines" not in text


@pytest.mark.parametrize(
    ("result", "passed_over"),
    [
        ({"skipped": True, "msg": "remote module (x) does not support check mode"}, True),
        ({"skip_reason": "Not available in check_mode"}, True),
        ({"msg": "Check mode: command would have run"}, True),
        ({"skip_reason": "Conditional result was False"}, False),
        ({"msg": None}, False),
        ({}, False),
    ],
)
def test_a_task_was_passed_over_when_it_says_that_it_cannot_be_checked(
    result: dict[str, Any], passed_over: bool
) -> None:
    assert unchecked(result) is passed_over
