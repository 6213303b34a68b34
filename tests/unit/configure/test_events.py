"""What ansible-runner tells, and what is made of it machine by machine."""

from __future__ import annotations

from typing import Any

from govcloud.configure.running import HIDDEN, _Events
from govcloud.progress import Silent


def followed(*events: dict[str, Any]) -> _Events:
    found = _Events("extranet", ("web", "db"), Silent())
    for event in events:
        found.take(event)
    return found


def ended(kind: str, host: str, task: str, **more: Any) -> dict[str, Any]:
    result = more.pop("res", {})
    return {"event": f"runner_on_{kind}", "event_data": {"host": host, "task": task, "res": result, **more}}


def test_a_machine_is_ok_changed_or_failed() -> None:
    runs = followed(
        ended("ok", "web", "A file lies there", res={"changed": True}),
        ended("ok", "db", "A file lies there", res={"changed": False}),
        ended("failed", "web", "A service runs", res={"msg": "no such unit"}),
    ).runs
    assert (runs["web"].state, runs["db"].state) == ("failed", "ok")
    assert runs["web"].changed == ["A file lies there"]


def test_a_failure_names_machine_task_and_what_was_said() -> None:
    error = followed(ended("failed", "web", "A service runs", res={"msg": "no such unit"})).runs["web"].error
    assert error is not None
    assert str(error.where) == "extranet/web"
    assert "A service runs" in error.what
    assert "no such unit" in error.what


def test_a_machine_has_one_error_the_first() -> None:
    run = followed(
        ended("failed", "web", "first", res={"msg": "one"}),
        ended("failed", "web", "second", res={"msg": "two"}),
    ).runs["web"]
    assert run.error is not None
    assert "first" in run.error.what


def test_a_failure_in_a_loop_tells_what_the_item_said() -> None:
    run = followed(
        ended("failed", "web", "Units run", res={"msg": "One or more items failed", "results": []}),
        {"event": "other", "event_data": {}},
    ).runs["web"]
    assert run.error is not None
    assert "One or more items failed" in run.error.what
    item = {"event": "runner_item_on_failed", "event_data": {"host": "web", "res": {"msg": "no such unit"}}}
    whole = ended("failed", "web", "Units run", res={"msg": "One or more items failed", "results": [{}]})
    run = followed(item, whole).runs["web"]
    assert run.error is not None
    assert "no such unit" in run.error.what


def test_what_holds_secrets_is_not_repeated() -> None:
    run = followed(ended("failed", "web", "It knows its database", res={"censored": "hidden"})).runs["web"]
    assert run.error is not None
    assert "holds secrets" in run.error.what


def test_a_machine_that_cannot_be_reached_says_so() -> None:
    run = followed(ended("unreachable", "db", "first", res={"msg": "Host key verification failed."})).runs[
        "db"
    ]
    assert run.error is not None
    assert "cannot be reached: Host key verification failed." in run.error.what


def test_a_failure_that_the_role_expects_is_none() -> None:
    run = followed(
        ended("failed", "web", "It may fail", res={"msg": "as expected"}, ignore_errors=True)
    ).runs["web"]
    assert run.state == "ok"


def test_a_hidden_change_counts() -> None:
    found = followed(
        ended("ok", "web", "A file lies there", res={"changed": True}),
        ended("ok", "web", "It knows its database", res={"censored": "hidden"}),
        {"event": "playbook_on_stats", "event_data": {"changed": {"web": 2}}},
    )
    assert found.runs["web"].changed == ["A file lies there", HIDDEN]
    assert found.runs["db"].changed == []


def test_the_events_are_not_kept() -> None:
    assert _Events("extranet", (), Silent()).take({"event": "verbose"}) is False
