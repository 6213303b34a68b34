"""A plane's cloud: the login, and every service of its catalogue, each within its time."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud.doctor import cloud
from govcloud.doctor.finding import Finding, State
from govcloud.engine import PlaneWork
from govcloud.errors import ToolkitError
from govcloud.provider import Cloud, CloudError

PASSWORD = "hunter2-hunter2"
NEEDED = ("identity", "compute", "network", "image")


class _Handler(BaseHTTPRequestHandler):
    """Answers with what the path asks for: `/503` with 503."""

    def do_GET(self) -> None:
        self.send_response(int(self.path.strip("/")))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: Any) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()


@pytest.fixture
def work(tmp_path: Path) -> PlaneWork:
    return _written(
        tmp_path, {"auth_url": "http://cloud.test:5000/v3", "username": "admin", "password": PASSWORD}
    )


def _written(root: Path, auth: Any) -> PlaneWork:
    (root / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"extranet": {"auth": auth}}}))
    return PlaneWork(root, "extranet")


class _Reader:
    """A cloud whose services answer, fail or stay silent as told."""

    def __init__(self, endpoints: dict[str, str], faults: dict[str, ToolkitError] | None = None) -> None:
        self.endpoints = endpoints
        self.faults = faults or {}
        self.silent: set[str] = set()

    def login(self) -> None:
        if "login" in self.silent:
            threading.Event().wait(5)
        if "login" in self.faults:
            raise self.faults["login"]

    def get(self, service: str, path: str) -> Any:
        if path == "/auth/catalog":
            return {
                "catalog": [
                    {"type": kind, "endpoints": [{"interface": "public", "url": url}]}
                    for kind, url in self.endpoints.items()
                ]
            }
        if service in self.silent:
            threading.Event().wait(5)
        if service in self.faults:
            raise self.faults[service]
        return {}


def _reader(**faults: ToolkitError) -> _Reader:
    return _Reader({kind: f"http://{kind}.test:1" for kind in NEEDED}, faults)


def _look(work: PlaneWork, reader: _Reader, patience: float = 5.0) -> dict[str, Finding]:
    return {one.subject: one for one in cloud.answers(work, lambda: reader, patience)}


def test_each_service_that_answers_is_well(work: PlaneWork) -> None:
    found = _look(work, _reader())
    assert {one.state for one in found.values()} == {State.OK}
    assert set(found) == {"login", *(f"service {kind}" for kind in NEEDED)}
    assert found["login"].seen == "admin at cloud.test:5000"


def test_a_service_that_fails_keeps_no_other_from_being_looked_at(work: PlaneWork) -> None:
    found = _look(work, _reader(compute=CloudError("answered 500", "cloud", "look at its log", 500)))
    assert found["service compute"].state is State.WRONG
    assert found["service compute"].remedy == "look at its log"
    assert found["service network"].state is State.OK


def test_a_service_that_stays_silent_is_not_waited_for(work: PlaneWork) -> None:
    reader = _reader()
    reader.silent.add("network")
    assert _look(work, reader, 0.5)["service network"].state is State.UNKNOWN


def test_a_service_that_we_need_must_be_in_the_catalogue(work: PlaneWork) -> None:
    reader = _reader()
    del reader.endpoints["image"]
    assert _look(work, reader)["service image"].state is State.WRONG


@pytest.mark.parametrize(("path", "state"), [("/200", State.OK), ("/401", State.OK), ("/503", State.WRONG)])
def test_any_other_service_must_have_somebody_in(
    work: PlaneWork, server: str, path: str, state: State
) -> None:
    reader = _reader()
    reader.endpoints["placement"] = server + path
    assert _look(work, reader)["service placement"].state is state


def test_a_service_at_whose_address_nobody_listens_is_wrong(work: PlaneWork) -> None:
    reader = _reader()
    reader.endpoints["placement"] = "http://127.0.0.1:9/"
    assert _look(work, reader)["service placement"].state is State.WRONG


def test_without_a_login_the_services_could_not_be_determined(work: PlaneWork) -> None:
    found = _look(work, _reader(login=CloudError("refused", "cloud", "check the password", 401)))
    assert (found["login"].state, found["services"].state) == (State.WRONG, State.UNKNOWN)


def test_a_login_that_stays_silent_could_not_be_determined(work: PlaneWork) -> None:
    reader = _reader()
    reader.silent.add("login")
    assert {one.state for one in _look(work, reader, 0.2).values()} == {State.UNKNOWN}


def test_an_error_that_quotes_a_secret_is_told_without_it(work: PlaneWork) -> None:
    quoting = CloudError(f"http://admin:pw@cloud.test refused {PASSWORD}", "cloud", "check it")
    for found in (_look(work, _reader(login=quoting)), _look(work, _reader(compute=quoting))):
        told = json.dumps([one.seen + one.remedy for one in found.values()])
        assert PASSWORD not in told and "pw@" not in told
        assert "(secret)" in told


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "clouds:",
        "clouds: {extranet: }",
        "clouds: {extranet: {auth: hunter2-hunter2}}",
        "clouds: {extranet: {auth: {password: hunter2-hunter2}}}",
        "clouds: {extranet: {auth: {auth_url: 'http://x:port', password: hunter2-hunter2}}}",
        "clouds: {other: {auth: {auth_url: 'http://x', password: hunter2-hunter2}}}",
        "password: hunter2-hunter2: {",
        "!!python/object/apply:os.system [hunter2-hunter2]",
    ],
)
def test_credentials_that_are_not_whole_are_wrong_and_none_of_them_is_quoted(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "clouds.yaml").write_text(text)
    work = PlaneWork(tmp_path, "extranet")
    found = list(cloud.answers(work, lambda: Cloud("extranet", work.clouds_file)))
    assert [one.state for one in found] == [State.WRONG, State.UNKNOWN]
    assert str(work.clouds_file) in found[0].seen
    assert all(one.remedy and PASSWORD not in one.seen + one.remedy for one in found)


def test_without_credentials_the_login_could_not_be_determined(tmp_path: Path) -> None:
    work = PlaneWork(tmp_path, "extranet")
    assert {one.state for one in cloud.answers(work, lambda: _reader())} == {State.UNKNOWN}


@pytest.mark.filterwarnings("ignore:Support for InfluxDB")
def test_a_real_connection_to_nobody_is_wrong(tmp_path: Path) -> None:
    auth = {
        "auth_url": "http://127.0.0.1:9/v3",
        "username": "admin",
        "password": PASSWORD,
        "project_name": "admin",
    }
    work = _written(tmp_path, auth)
    found = list(cloud.answers(work, lambda: Cloud("extranet", work.clouds_file)))
    assert found[0].state is State.WRONG
    assert PASSWORD not in found[0].seen
