"""What a web machine is, seen on the machine: `govcloud configure` runs this there; it only reads."""

from __future__ import annotations

import html
import http.client
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Found = tuple[str, bool, str]
HEADERS = {
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
CLOCK = re.compile(r'数据库的时间：<time datetime="([^"]+)"')


def findings(expected: dict[str, Any]) -> Iterator[Found]:
    yield from services(expected["application"])
    yield from server(expected)
    yield from certificate(expected)
    yield from pages(expected)
    yield from database(expected)


def said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def services(application: str) -> Iterator[Found]:
    for unit in ("nginx.service", f"{application}.service"):
        state = said("systemctl", "is-active", unit)
        yield f"{unit} runs", state == "active", state
        enabled = said("systemctl", "is-enabled", unit)
        yield f"{unit} starts with the machine", enabled == "enabled", enabled
    process = said("systemctl", "show", "--property=MainPID", "--value", f"{application}.service")
    owner = (
        said("ps", "-o", "user=", "-p", process) if process not in ("", "0") else "nobody: it does not run"
    )
    yield "the application runs as its own user", owner == application, owner
    status = Path("/proc", process, "status")
    text = status.read_text() if process not in ("", "0") and status.exists() else ""
    fields = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
    yield (
        "it can gain no privilege",
        fields.get("NoNewPrivs") == "1",
        f"NoNewPrivs {fields.get('NoNewPrivs')}",
    )
    bounding = fields.get("CapBnd", "unknown")
    yield "it has no capability", bounding.strip("0") == "", f"CapBnd {bounding}"
    settings = Path("/etc", application, "database")
    mode = f"{settings.owner()} {settings.stat().st_mode & 0o777:o}" if settings.exists() else "not there"
    yield "its password lies where only root reads", mode == "root 600", mode
    loose = said(
        "find", f"/srv/{application}", "-not", "-user", "root", "-o", "-perm", "/022", "-not", "-type", "l"
    )
    yield (
        "it cannot change its own files",
        Path("/srv", application).is_dir() and not loose,
        loose or "root's alone",
    )


def ask(path: str, method: str = "GET") -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", 80, timeout=15)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode("utf-8", "replace")
    except OSError as error:
        return 0, {}, str(error)
    finally:
        connection.close()


def server(expected: dict[str, Any]) -> Iterator[Found]:
    status, headers, text = ask("/")
    yield "the web server answers", status == 200, f"{status} {text[:80] if status != 200 else ''}".strip()
    for name, value in HEADERS.items():
        yield f"every page bears {name}", value in headers.get(name, ""), str(headers.get(name))
    yield "it does not tell its version", headers.get("Server") == "nginx", str(headers.get("Server"))
    refused = ask("/", "POST")[0]
    yield "nothing can be posted to it", refused == 405, str(refused)
    missing, _, page = ask("/no-such-page")
    yield (
        "a page that is not there is said to be so",
        missing == 404 and "Traceback" not in page,
        str(missing),
    )


def certificate(expected: dict[str, Any]) -> Iterator[Found]:
    """Over TLS, verified by the plane's own authority against the site's name."""
    authority = Path("/etc/ssl/govcloud/authority.pem")
    yield "it has the plane's authority", authority.is_file(), str(authority)
    if not authority.is_file():
        return
    context = ssl.create_default_context(cafile=str(authority))
    for name in expected["names"]:
        try:
            with (
                socket.create_connection(("127.0.0.1", 443), timeout=15) as plain,
                context.wrap_socket(plain, server_hostname=name) as secured,
            ):
                seen, good = str(secured.version()), secured.version() in ("TLSv1.2", "TLSv1.3")
        except OSError as error:
            seen, good = str(error), False
        yield f"it proves itself as {name}", good, seen


def pages(expected: dict[str, Any]) -> Iterator[Found]:
    front = html.unescape(ask("/")[2])
    missing = [name for name in expected["websites"] if name not in front]
    yield "every site of the group is on the front page", not missing, f"missing {missing}"
    first = CLOCK.search(front)
    time.sleep(0.01)
    second = CLOCK.search(ask("/")[2])
    stamps = [match[1] if match else "none" for match in (first, second)]
    fresh = first is not None and second is not None and stamps[0] != stamps[1]
    yield "each page is read from the database when it is asked for", fresh, " then ".join(stamps)


def query(application: str, statement: str) -> tuple[bool, str]:
    """Run a statement as the application's login, from this machine."""
    settings = Path("/etc", application, "database")
    if not settings.exists():
        return False, f"{settings} is not there"
    words = dict(line.split("=", 1) for line in settings.read_text().splitlines() if "=" in line)
    ended = subprocess.run(
        ["psql", "-XAtc", statement],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **words},
    )
    return ended.returncode == 0, (ended.stdout if ended.returncode == 0 else ended.stderr).strip()


def database(expected: dict[str, Any]) -> Iterator[Found]:
    application = expected["application"]
    worked, title = query(
        application,
        "SELECT title FROM article WHERE section = 'news' ORDER BY published DESC, id DESC LIMIT 1",
    )
    yield "its login can read its database", worked and bool(title), title[:160]
    shown = worked and title in html.unescape(ask("/")[2])
    yield "the front page shows the latest row of the database", shown, title[:160]
    written, why = query(application, "UPDATE article SET title = title WHERE false")
    yield "its login can change nothing", not written and "permission denied" in why, why[:160] or "it could"
    worked, cipher = query(application, "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    yield (
        "the way to the database is encrypted",
        worked and cipher.startswith("TLSv1"),
        cipher[:160] or "in clear",
    )
