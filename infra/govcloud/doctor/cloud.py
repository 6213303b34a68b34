"""One plane's cloud: whether the login works, and whether each service of its catalogue answers."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import SplitResult, urlsplit

import requests
import yaml

from govcloud.doctor.finding import Finding, ok, unknown, wrong
from govcloud.doctor.waiting import Answer, begin
from govcloud.engine import PlaneWork
from govcloud.errors import ToolkitError, Where

PATIENCE = 30.0
"""Seconds in which one plane's cloud has to answer everything."""
READS = {
    "identity": "/regions",
    "compute": "/flavors?limit=1",
    "network": "/networks?limit=1&fields=id",
    "image": "/images?limit=1",
}
"""What we cannot do without, and a read that reaches its database; of others only the door is tried."""
SECRET = re.compile("password|passcode|secret|token")
"""Names of what an entry keeps secret."""
REACH = "see that the cloud is up and can be reached from here, then look again"


class Reader(Protocol):
    """The part of `provider.Cloud` that looking takes."""

    def login(self) -> None:
        """Authenticate now."""

    def get(self, service: str, path: str) -> Any:
        """GET a document."""


@dataclass(frozen=True)
class _Opened:
    """A cloud that has let us in."""

    entry: Mapping[str, Any]
    reader: Reader
    endpoints: Mapping[str, str]
    """By type of service: its public address."""


def address(work: PlaneWork) -> str:
    """The host that the plane's `clouds.yaml` leads to."""
    return str(_url(_entry(work)).hostname)


def answers(work: PlaneWork, connect: Callable[[], Reader], patience: float = PATIENCE) -> Iterator[Finding]:
    """The login, then every service side by side; all of it within `patience` seconds."""
    until = time.monotonic() + patience
    if not work.clouds_file.exists():
        yield unknown("login", "there is nothing to log in with", "see clouds.yaml")
    else:
        try:
            opened = _opened(work, connect, until)
        except TimeoutError:
            yield unknown("login", f"no answer within {patience:.0f} s", REACH)
        except ToolkitError as error:
            yield wrong("login", str(ToolkitError(error.what, error.where)), error.remedy or REACH)
        else:
            yield ok("login", _account(opened.entry))
            yield from _services(opened, until)
            return
    yield unknown("services", "only a login shows which there are", "mend the login first")


def _opened(work: PlaneWork, connect: Callable[[], Reader], until: float) -> _Opened:
    entry = _entry(work)

    def log_in() -> _Opened:
        reader = connect()
        reader.login()
        return _Opened(entry, reader, _endpoints(reader.get("identity", "/auth/catalog")))

    try:
        return _wait(begin(log_in), until)
    except ToolkitError as error:
        raise ToolkitError(_hidden(error.what, entry), _account(entry), error.remedy) from error


def _entry(work: PlaneWork) -> dict[str, Any]:
    """The plane's own entry of its `clouds.yaml`; no error quotes anything from that file."""
    file = work.clouds_file
    try:
        found = dict(yaml.safe_load(file.read_text(encoding="utf-8"))["clouds"][work.plane])
        whole = bool(_url(found).hostname and _account(found))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ToolkitError("it is no YAML", Where(file, line), "correct that line") from error
    except (KeyError, TypeError, AttributeError, ValueError, yaml.YAMLError):
        whole = False
    if not whole:
        what = f"it has no entry with `clouds: {work.plane}: auth: auth_url`"
        raise ToolkitError(what, Where(file), "correct the entry")
    return found


def _url(entry: Mapping[str, Any]) -> SplitResult:
    return urlsplit(str(entry["auth"]["auth_url"]))


def _hidden(text: str, entry: Mapping[str, Any]) -> str:
    """The first line of an error, without anything secret that it may have been given to quote."""
    text = re.sub(r"//[^/@\s]+@", "//", text.splitlines()[0])
    for name, value in entry["auth"].items():
        if value and SECRET.search(name):
            text = text.replace(str(value), "(secret)")
    return text


def _account(entry: Mapping[str, Any]) -> str:
    """Who logs in where, from what in an entry is no secret."""
    url = _url(entry)
    who = entry["auth"].get("username") or "an application credential"
    return f"{who} at {url.hostname}{f':{url.port}' if url.port else ''}"


def _endpoints(catalogue: Any) -> dict[str, str]:
    return {
        service["type"]: endpoint["url"]
        for service in catalogue["catalog"]
        for endpoint in service["endpoints"]
        if endpoint["interface"] == "public"
    }


def _services(opened: _Opened, until: float) -> Iterator[Finding]:
    asked = {kind: begin(_question(opened, kind)) for kind in opened.endpoints}
    for kind in sorted(opened.endpoints.keys() | READS.keys()):
        if kind not in asked:
            yield wrong(f"service {kind}", "the catalogue does not have it", "have it registered there")
        else:
            yield _answer(f"service {kind}", asked[kind], opened, _place(opened.endpoints[kind]), until)


def _answer(subject: str, asked: Future[Any], opened: _Opened, place: str, until: float) -> Finding:
    try:
        _wait(asked, until)
    except TimeoutError:
        return unknown(subject, f"no answer from {place} in time", REACH)
    except ToolkitError as error:
        return wrong(subject, _hidden(error.what, opened.entry), error.remedy or REACH)
    return ok(subject, place)


def _question(opened: _Opened, kind: str) -> Callable[[], Any]:
    if kind in READS:
        return lambda: opened.reader.get(kind, READS[kind])
    return lambda: _knock(opened.endpoints[kind], opened.entry.get("cacert") or True)


def _knock(url: str, verify: str | bool) -> None:
    """Any answer but a server's own fault shows that somebody is in: an API without a token says 401."""
    try:
        status = requests.get(url, timeout=PATIENCE, verify=verify).status_code
    except requests.RequestException as error:
        raise ToolkitError(f"{_place(url)} does not answer: {type(error).__name__}", remedy=REACH) from error
    if status >= 500:
        raise ToolkitError(f"{_place(url)} answers {status}", remedy="look at that service's log")


def _place(url: str) -> str:
    """An address without what a URL may carry besides: an account, a project."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"


def _wait(asked: Future[Answer], until: float) -> Answer:
    return asked.result(max(0.0, until - time.monotonic()))
