"""Run on a host: reads what a web site is made of, lays it down, leads people on, and takes all that back.

Plain Python 3.7. Wishes come as JSON on standard input; the answer is JSON. Texts travel in base 64: settings
may be in any encoding.
"""

from __future__ import annotations

import base64
import grp
import http.client
import json
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import sys
import time
from typing import Any

MAIN = "/etc/nginx/nginx.conf"
HELD = "include /etc/nginx/sites/*.conf;"
LIMIT = 4 * 1024 * 1024
PATIENCE = 3.0  # Seconds for what people have begun.


def said(*words: str) -> str:
    """What a program prints; an error with its last words where it fails."""
    ended = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/")
    if ended.returncode:
        told = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        raise OSError(ended.returncode, "%s: %s" % (" ".join(words), told[-1] if told else "it said nothing"))
    return ended.stdout.decode("utf-8", "surrogateescape")


def packed(text: bytes) -> str:
    """Bytes as JSON can carry them."""
    return base64.b64encode(text).decode("ascii")


def stored(path: str) -> str:
    """The name under which a file's own text is kept while another stands in its place."""
    return packed(path.encode()).replace("/", "_")


def read(wanted: dict[str, Any]) -> dict[str, Any]:
    """Files whole, with owner and mode; None for one that is not there."""
    found: dict[str, Any] = {}
    for path in wanted["paths"]:
        kept = os.path.join(wanted.get("store") or "/nonexistent", stored(path))
        try:
            with open(kept if os.path.exists(kept) else path, "rb") as stream:
                status = os.fstat(stream.fileno())
                if status.st_size > LIMIT:
                    raise OSError(27, "it has more than %d bytes" % LIMIT, path)
                found[path] = {
                    "text": packed(stream.read()),
                    "mode": status.st_mode & 0o7777,
                    "user": pwd.getpwuid(status.st_uid).pw_name,
                    "group": grp.getgrgid(status.st_gid).gr_name,
                }
        except FileNotFoundError:
            found[path] = None
    return {"files": found}


def dump(wanted: dict[str, Any]) -> dict[str, Any]:
    """All settings of nginx, as it reads them itself; nothing where there is no nginx. A service beside them."""
    text = None
    if shutil.which("nginx", path="/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"):
        text = packed(said("nginx", "-T", "-q").encode("utf-8", "surrogateescape"))
    return {"text": text, "unit": unit(wanted) if wanted["unit"] else None}


def unit(wanted: dict[str, Any]) -> dict[str, Any]:
    """A service as systemd knows it: its text with all that is added to it, whether it runs, as whom."""
    name = wanted["unit"]
    names = "LoadState,ActiveState,UnitFileState,User,Group,FragmentPath,MainPID"
    rows = said("systemctl", "show", "--property=" + names, name).splitlines()
    facts: dict[str, Any] = dict(row.split("=", 1) for row in rows if "=" in row)
    if facts["LoadState"] == "loaded":
        facts["text"] = packed(said("systemctl", "cat", name).encode("utf-8", "surrogateescape"))
    return facts


def put(wanted: dict[str, Any]) -> dict[str, Any]:
    """Write files, each whole or as it was before, in directories that are root's."""
    for entry in wanted["files"]:
        place(entry)
    return {}


def place(entry: dict[str, Any]) -> None:
    """Write one file beside its place, then give it its name."""
    path, aside = entry["path"], entry["path"] + ".govcloud-new"
    os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(base64.b64decode(entry["text"]))
        os.fchown(stream.fileno(), pwd.getpwnam(entry["user"]).pw_uid, grp.getgrnam(entry["group"]).gr_gid)
        os.fchmod(stream.fileno(), entry["mode"])
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(aside, path)


def remove(wanted: dict[str, Any]) -> dict[str, Any]:
    """Take files away, and directories below `below` that are empty then; nothing where they have gone."""
    for path in wanted["paths"]:
        if os.path.lexists(path):
            os.unlink(path)
    for folder, _, _ in os.walk(wanted["below"], topdown=False):
        if not os.listdir(folder):
            os.rmdir(folder)
    return {}


def account(wanted: dict[str, Any]) -> dict[str, Any]:
    """An account without password and shell, marked as the system's; or what stands in its way."""
    name, mark = wanted["name"], wanted["mark"]
    try:
        found = pwd.getpwnam(name)
        return {"whose": found.pw_gecos}
    except KeyError:
        words = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        said("useradd", *words, "--shell", "/usr/sbin/nologin", "--comment", mark, name)
        return {"whose": mark}


def forget(wanted: dict[str, Any]) -> dict[str, Any]:
    """Take an account away that bears the system's mark."""
    try:
        if pwd.getpwnam(wanted["name"]).pw_gecos == wanted["mark"]:
            said("userdel", wanted["name"])
    except KeyError:
        return {}
    return {}


def attempt(wanted: dict[str, Any]) -> dict[str, Any]:
    """Whether nginx would take a site's settings beside those that stand, with files that do not lie there yet."""
    with open(MAIN, encoding="utf-8") as stream:
        main = stream.read()
    if HELD not in main:
        return {"fault": "%s has no `%s`" % (MAIN, HELD)}
    folder = "/run/govcloud-sites-%d" % os.getpid()
    os.mkdir(folder, 0o700)
    try:
        site, whole = os.path.join(folder, "site"), os.path.join(folder, "nginx.conf")
        text = base64.b64decode(wanted["text"])
        for number, (path, held) in enumerate(sorted(wanted["files"].items(), reverse=True)):
            aside = os.path.join(folder, "file-%d" % number)
            with open(aside, "wb") as stream:
                stream.write(base64.b64decode(held))
            text = text.replace(path.encode(), aside.encode())
        with open(site, "wb") as stream:
            stream.write(text)
        others = HELD if not os.path.exists(wanted["instead of"]) else without(wanted["instead of"])
        with open(whole, "w", encoding="utf-8") as stream:
            stream.write(main.replace(HELD, "%s include %s;" % (others, site)))
        ended = subprocess.run(["nginx", "-t", "-q", "-c", whole], stderr=subprocess.PIPE)
        told = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        return {"fault": told[0] if ended.returncode and told else ""}
    finally:
        shutil.rmtree(folder)


def without(path: str) -> str:
    """The sites that stand, but one."""
    folder = os.path.dirname(path)
    others = [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".conf")]
    return " ".join("include %s;" % one for one in others if one != path)


def swap(wanted: dict[str, Any]) -> dict[str, Any]:
    """Put other settings in the place of nginx's own, which are kept; they are put back where it refuses them."""
    store = wanted["store"]
    os.makedirs(store, 0o700, exist_ok=True)
    for path, text in wanted["files"].items():
        kept = os.path.join(store, stored(path))
        if not os.path.exists(kept):
            shutil.copy2(path, kept + ".new")
            os.replace(kept + ".new", kept)
        status = os.stat(kept)
        entry = {"path": os.path.realpath(path), "text": text, "mode": status.st_mode & 0o7777}
        place(dict(entry, user="root", group="root"))
    ended = subprocess.run(["nginx", "-t", "-q"], stderr=subprocess.PIPE)
    if ended.returncode:
        restore(wanted)
        return {"fault": ended.stderr.decode("utf-8", "replace").strip().splitlines()[0]}
    reloaded()
    return {}


def restore(wanted: dict[str, Any]) -> dict[str, Any]:
    """Put nginx's own settings back; nothing where they stand."""
    store = wanted["store"]
    if not os.path.isdir(store):
        return {}
    for path in wanted["files"]:
        kept = os.path.join(store, stored(path))
        if os.path.exists(kept):
            real = os.path.realpath(path)
            shutil.copy2(kept, real + ".govcloud-new")
            os.replace(real + ".govcloud-new", real)
    reloaded()
    shutil.rmtree(store)
    return {}


def serve(wanted: dict[str, Any]) -> dict[str, Any]:
    """Have nginx read a site's settings, its service run; what it answers, below 500 or the last in time."""
    if os.path.exists(wanted["held"]):
        os.replace(wanted["held"], wanted["settings"])
    if wanted["unit"]:
        said("systemctl", "start", wanted["unit"])
    reloaded()
    until = time.monotonic() + wanted["seconds"]
    while True:
        status = asked(wanted["domain"], max(until - time.monotonic(), 1.0))
        if status < 500 or time.monotonic() > until:
            return {"status": status}
        time.sleep(0.05)


def hide(wanted: dict[str, Any]) -> dict[str, Any]:
    """Take the name from settings by which nginx reads them; nothing where they have it not."""
    if os.path.exists(wanted["settings"]):
        os.replace(wanted["settings"], wanted["held"])
    reloaded()
    return {}


def service(wanted: dict[str, Any]) -> dict[str, Any]:
    """Have systemd do something with units, after it has read them anew where that is wished."""
    if wanted.get("anew"):
        said("systemctl", "daemon-reload")
    for words in wanted["words"]:
        said("systemctl", *words)
    return {}


def asked(domain: str, seconds: float) -> int:
    """What a site answers on this very machine, whatever its certificate says: that was judged before."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", 443), timeout=seconds)
    with context.wrap_socket(plain, server_hostname=domain) as wrapped:
        connection = http.client.HTTPConnection(domain, timeout=seconds)
        connection.sock = wrapped
        connection.request("GET", "/")
        return connection.getresponse().status


def reloaded() -> None:
    """Have nginx read its settings anew; back when nobody is answered by the old ones, or soon after."""
    main = said("systemctl", "show", "--property=MainPID", "--value", "nginx.service").strip()
    old = workers(main)
    said("systemctl", "reload", "nginx.service")
    until = time.monotonic() + PATIENCE
    while old & workers(main) and time.monotonic() < until:
        time.sleep(0.02)


def workers(main: str) -> set[str]:
    """The processes that nginx works with now."""
    found = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % name) as stream:
                fields = stream.read().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[1] == main and fields[0] != "Z":
            found.add(name)
    return found


DOES = {
    one.__name__: one
    for one in (read, dump, unit, put, remove, account, forget, attempt, swap, restore, serve, hide, service)
}


def main() -> None:
    """Do what is wished."""
    wanted = json.load(sys.stdin)
    try:
        answer = DOES[wanted["do"]](wanted)
    except OSError as error:
        where = " (%s)" % error.filename if error.filename else ""
        answer = {"error": "%s%s" % (error.strerror or error, where)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
