"""One plane's cloud: the login, and requests with bounded retries and errors that say what to do.

openstacksdk gives configuration, authentication and endpoint discovery; requests go through its
adapters as plain JSON, because building its resource objects for thousands of items costs more than
the calls themselves.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import openstack
import openstack.config
import requests.exceptions
from keystoneauth1 import exceptions as auth_errors

from govcloud.provider.cloud_error import NOT_TAKEN, RETRIED, CloudError, nonsense, refusal, unreachable

ATTEMPTS = 6
TIMEOUT = 600
HEADERS = {"compute": {"OpenStack-API-Version": "compute 2.93", "X-OpenStack-Nova-API-Version": "2.93"}}


class Cloud:
    """A connection to one plane's OpenStack, as the account that provisions. Safe to share by threads."""

    def __init__(
        self,
        name: str,
        config_file: Path,
        image_files: Mapping[str, Path] | None = None,
        pause: float = 0.5,
    ) -> None:
        self.name = name
        self.image_files = dict(image_files or {})
        self._pause = pause
        self._lock = threading.Lock()
        self._scoped: dict[str, Any] = {}
        if not config_file.is_file():
            raise CloudError(
                f"there is no {config_file}", f"cloud {name}", "bring up the lab, or name a clouds.yaml"
            )
        loader = openstack.config.OpenStackConfig(config_files=[str(config_file)], load_envvars=False)
        try:
            region = loader.get_one(cloud=name)
            self._connection = openstack.connection.Connection(config=region)
        except (openstack.exceptions.SDKException, auth_errors.ClientException) as error:
            raise CloudError(str(error), f"{config_file}, cloud {name}", "correct the entry") from error
        self._adapters: dict[tuple[str, str], Any] = {}

    # -- who we are ----------------------------------------------------------------------------

    def login(self) -> None:
        """Authenticate now, so that a wrong password or an absent cloud is known before anything else."""
        self._guard("log in", lambda: self._connection.session.get_token())

    @property
    def user_id(self) -> str:
        """The id of the account that provisions."""
        return str(self._guard("log in", lambda: self._connection.session.get_user_id()))

    @property
    def project_id(self) -> str:
        """The id of the project that the account works from."""
        return str(self._guard("log in", lambda: self._connection.session.get_project_id()))

    def _adapter(self, service: str, project: str | None) -> Any:
        key = (service, project or "")
        with self._lock:
            found = self._adapters.get(key)
            if found is None:
                connection = self._connection if project is None else self._as_project(project)
                # openstacksdk's proxies are adapters bound to the endpoint and version that they discovered.
                what = f"find the {service} service" + (f" for project {project}" if project else "")
                found = self._adapters[key] = self._guard(what, lambda: getattr(connection, service))
        return found

    def _as_project(self, project: str) -> Any:
        if project not in self._scoped:
            self._scoped[project] = self._connection.connect_as(project_id=project, project_name=None)
        return self._scoped[project]

    # -- requests ------------------------------------------------------------------------------

    def get(self, service: str, path: str, *, absent_ok: bool = False, project: str | None = None) -> Any:
        """GET a document; None for 404 where `absent_ok`."""
        answer = self._request(service, "GET", path, None, project, repeatable=True, absent_ok=absent_ok)
        return None if answer is None else self._document(answer, service, path)

    def post(self, service: str, path: str, body: Any, *, project: str | None = None) -> Any:
        """POST a document and return the answer's."""
        return self._document(
            self._request(service, "POST", path, body, project, repeatable=False), service, path
        )

    def put(self, service: str, path: str, body: Any) -> Any:
        """PUT a document, which may be repeated, and return the answer's."""
        return self._document(self.send(service, "PUT", path, body), service, path)

    def send(
        self,
        service: str,
        method: str,
        path: str,
        body: Any,
        *,
        project: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """Any other changing request that may be repeated; returns the raw answer."""
        return self._request(service, method, path, body, project, repeatable=True, headers=headers)

    def upload(self, path: str, source: Path) -> None:
        """PUT a file's bytes to the image service as a stream.

        A token that ends on the way is met with a new one and the file from its beginning: the library would
        send what is left of the stream.
        """
        answer = self._put(path, source)
        if answer.status_code == 401:
            self._connection.session.invalidate()
            answer = self._put(path, source)
        if answer.status_code >= 300:
            raise refusal(self._where, answer, "image", "PUT", path)

    def _put(self, path: str, source: Path) -> Any:
        with source.open("rb") as stream:
            return self._guard(
                f"PUT {path}",
                lambda: self._adapter("image", None).put(
                    path,
                    data=stream,
                    headers={"Content-Type": "application/octet-stream"},
                    raise_exc=False,
                    allow_reauth=False,
                ),
            )

    def delete(self, service: str, path: str, *, project: str | None = None) -> None:
        """DELETE; one that is gone already is done."""
        deadline = time.monotonic() + 120
        while True:
            try:
                self._request(service, "DELETE", path, None, project, repeatable=True, absent_ok=True)
                return
            except CloudError as error:
                # What hangs on the object is on its way out too: Neutron answers 409 until it has gone.
                if error.status != 409 or time.monotonic() > deadline:
                    raise
            time.sleep(self._pause)

    def pages(self, service: str, path: str, key: str, query: str = "") -> Iterator[dict[str, Any]]:
        """Every item of a collection, page after page, complete or an error."""
        next_path: str | None = path + (f"?{query}" if query else "")
        seen: set[str] = set()
        while next_path is not None:
            if next_path in seen:
                raise nonsense(self._where, service, path, "its pages go in a circle")
            seen.add(next_path)
            page = self.get(service, next_path)
            if not isinstance(page, dict) or not isinstance(page.get(key), list):
                raise nonsense(self._where, service, path, f"a list without `{key}`")
            if page.get("truncated"):
                raise nonsense(self._where, service, path, "a list that it says it has cut short")
            yield from page[key]
            next_path = self._next(page, key)

    def _next(self, page: dict[str, Any], key: str) -> str | None:
        links = page.get(f"{key}_links") or []
        url = next((link["href"] for link in links if link.get("rel") == "next"), None)
        url = url or page.get("next") or (page.get("links") or {}).get("next")
        if not url:
            return None
        path = re.sub(r"^https?://[^/]+", "", str(url))
        for prefix in ("/v2.1", "/v2.0", "/v3", "/v2"):
            found = path.find(prefix + "/")
            if found >= 0:
                return path[found + len(prefix) :]
        return path

    def _request(
        self,
        service: str,
        method: str,
        path: str,
        body: Any,
        project: str | None,
        *,
        repeatable: bool,
        absent_ok: bool = False,
        headers: dict[str, str] | None = None,
    ) -> Any:
        what = f"{method} {path}"
        adapter = self._adapter(service, project)
        for attempt in range(1, ATTEMPTS + 1):
            answer = self._guard(
                what,
                lambda: adapter.request(
                    path,
                    method,
                    json=body,
                    raise_exc=False,
                    # The library would also send a create again whose answer was lost; `_guard` knows better.
                    connect_retries=0,
                    timeout=TIMEOUT,
                    headers={**HEADERS.get(service, {}), **(headers or {})},
                ),
                attempts=ATTEMPTS if repeatable else 1,
            )
            status = answer.status_code
            if status < 300:
                return answer
            if status == 404 and absent_ok:
                return None
            if attempt == ATTEMPTS or status not in (RETRIED if repeatable else NOT_TAKEN):
                raise refusal(self._where, answer, service, method, path)
            time.sleep(self._wait(answer, attempt))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _wait(self, answer: Any, attempt: int) -> float:
        """Seconds to wait before the next attempt: what the server asks for, or twice as long each time."""
        asked = str(answer.headers.get("Retry-After", ""))
        return min(float(asked), 10.0) if asked.isdigit() else self._pause * 2 ** (attempt - 1)

    def _guard(self, what: str, call: Any, attempts: int = 1) -> Any:
        """Run a call; turn every foreseeable failure of transport or login into one clear error."""
        for attempt in range(1, attempts + 1):
            try:
                return call()
            except (auth_errors.ConnectFailure, requests.exceptions.ConnectionError) as error:
                if attempt < attempts and not isinstance(error, auth_errors.SSLError):
                    time.sleep(self._pause * 2 ** (attempt - 1))
                    continue
                raise unreachable(self._where, what, error) from error
            except auth_errors.ClientException as error:
                raise unreachable(self._where, what, error) from error
            except requests.exceptions.RequestException as error:
                raise unreachable(self._where, what, error) from error
            except openstack.exceptions.SDKException as error:
                raise unreachable(self._where, what, error) from error
        raise AssertionError("unreachable: the last attempt returns or raises")

    @property
    def _where(self) -> str:
        return f"cloud {self.name}"

    def _document(self, answer: Any, service: str, path: str) -> Any:
        if not answer.content:
            return {}
        try:
            return answer.json()
        except ValueError as error:
            raise nonsense(self._where, service, path, "something that is not whole JSON") from error
