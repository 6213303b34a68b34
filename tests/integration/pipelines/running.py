"""Runs the script lines of the shipped pipelines, read from their YAML, as a runner would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from govcloud.engine import new_key, public_half
from integration.conftest import ROOT, StandingLab, offer_images

PLANE = "classified"
LEFT = (".work", "proposed", "plan-list.json", "summary.md", "comment.json", "drift.json")
"""What a job leaves in its checkout, and the next one does not find."""
ACCOUNTS = ("system-administrator", "security-administrator", "security-auditor")
PAGES = ROOT / "docs" / "ci"


@dataclass
class Comments:
    """What was said on merge requests, and where."""

    url: str = ""
    said: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def forge() -> Iterator[Comments]:
    """A server that takes comments, as a forge's API does."""
    comments = Comments()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            comments.said.append((self.path, body))
            self.send_response(201)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    comments.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield comments
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True)
class Repository:
    """A checkout with an inventory, what its plane's environment holds, and people's keys."""

    root: Path
    variables: Mapping[str, Path]
    keys: Mapping[str, Path]
    allowed_signers: Path

    def checkout(self, name: str) -> Repository:
        """A fresh checkout for another job, without what the last one left."""
        folder = self.root.with_name(name)
        shutil.copytree(self.root, folder, ignore=shutil.ignore_patterns(*LEFT))
        return Repository(folder, self.variables, self.keys, self.allowed_signers)


def repository(folder: Path, lab: StandingLab, state: str) -> Repository:
    """The small site's inventory with its state at `state`, asking for one approval."""
    root = folder / "repository"
    shutil.copytree(ROOT / "inventories" / "minimal", root / "inventory")
    shutil.copytree(ROOT / "schema", folder / "schema")
    plane = root / "inventory" / PLANE / "plane.yaml"
    text = plane.read_text()
    asked = re.sub(r"signatures: \d", "signatures: 1", text)
    plane.write_text(f"{asked}state: {state}\n")
    keys = {name: new_key(folder / name, name) for name in ("pipeline", "approver", "operator")}
    roles = {"pipeline": "govcloud-author", "approver": "govcloud-approver"}
    lines = [f'{name} namespaces="{role}" {public_half(keys[name])}\n' for name, role in roles.items()]
    contents = {
        "CLOUDS_YAML": (lab.work / PLANE / "clouds.yaml").read_text(),
        "ALLOWED_SIGNERS": "".join(lines),
        "REVOKED_KEYS": "",
        "SECRETS_YAML": "".join(f"{name}-password: From-The-Pipeline-{name}\n" for name in ACCOUNTS),
        "STATE_PASSPHRASE": "a passphrase of the plane",
        "OPERATOR_KEY": keys["operator"].read_text(),
        "AUTHOR_KEY": keys["pipeline"].read_text(),
    }
    variables = {}
    for name, content in contents.items():
        variables[name] = folder / f"variable-{name}"
        variables[name].write_text(content)
        variables[name].chmod(0o600)
    return Repository(root, variables, keys, variables["ALLOWED_SIGNERS"])


def images(repository: Repository, lab: StandingLab) -> None:
    """The guest image where a runner keeps it: beside the plane's credentials."""
    offer_images(lab, repository.root / ".work")


def run(
    lines: str, repository: Repository, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a job's lines in a checkout, with a runner's environment and nothing of ours."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    base = {"PATH": path, "HOME": str(repository.root), "LANG": "C.UTF-8", "GOVCLOUD_CACHE": _cache()}
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", lines],
        cwd=repository.root,
        env={**base, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def _cache() -> str:
    from govcloud.local import cache_place

    return str(cache_place())


def gitlab(job: str) -> str:
    """The lines that GitLab runs for a job."""
    document: dict[str, Any] = yaml.safe_load((PAGES / "gitlab-ci.yml").read_text())
    own = document[job]
    base = document[own["extends"]] if "extends" in own else {}
    return "\n".join([*base.get("before_script", []), *own["script"]])


def gitlab_variables(repository: Repository, comments: Comments) -> dict[str, str]:
    """What GitLab sets: its own variables, the pipeline's, and paths for variables of type file."""
    document: dict[str, Any] = yaml.safe_load((PAGES / "gitlab-ci.yml").read_text())
    own = {
        "CI_PROJECT_DIR": str(repository.root),
        "CI_API_V4_URL": f"{comments.url}/api/v4",
        "CI_PROJECT_ID": "7",
        "CI_MERGE_REQUEST_IID": "3",
        "COMMENT_TOKEN": "token",
    }
    said = {k: v.replace("$CI_PROJECT_DIR", str(repository.root)) for k, v in document["variables"].items()}
    files = {name: str(path) for name, path in repository.variables.items()}
    return {**said, **own, **files, "PLANE": PLANE}


def github(job: str) -> list[tuple[str, dict[str, str]]]:
    """The steps that GitHub runs for a job, each with its own environment, expressions left in it."""
    document: dict[str, Any] = yaml.safe_load((PAGES / "github-actions.yml").read_text())
    return [(step["run"], step.get("env", {})) for step in document["jobs"][job]["steps"] if "run" in step]


def github_variables(repository: Repository, comments: Comments, own: Mapping[str, str]) -> dict[str, str]:
    """What GitHub sets: its own variables, the workflow's and the step's, secrets filled in."""
    document: dict[str, Any] = yaml.safe_load((PAGES / "github-actions.yml").read_text())
    known = {f"secrets.{name}": path.read_text().rstrip("\n") for name, path in repository.variables.items()}
    known |= {"github.token": "token", "github.event.number": "3"}
    said = {
        name: re.sub(r"\$\{\{ ([a-zA-Z_.]+) \}\}", lambda found: known[found[1]], str(value))
        for name, value in {**document["env"], **own}.items()
    }
    base = {"GITHUB_API_URL": comments.url, "GITHUB_REPOSITORY": "city/inventory"}
    return {**base, **said, "PLANE": PLANE}
