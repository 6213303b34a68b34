"""What the demonstration tries once everything stands: the portal, its database, the walls between planes."""

from __future__ import annotations

import html
import json
import re
import subprocess
from collections.abc import Iterator

import requests

from govcloud.configure.access import Access
from govcloud.configure.databases import databases
from govcloud.demo.machines import access_of
from govcloud.demo.report import Proof
from govcloud.engine import Setting, Site
from govcloud.errors import ToolkitError
from govcloud.topology import Machine

SECONDS = 60
PORTAL = "portal-web"
PROBE = "probe"
CHANGED = "演示：这一行刚刚在数据库中改过"
CHANGE = """
WITH latest AS (SELECT id, title FROM article WHERE section = 'news' ORDER BY published DESC, id DESC LIMIT 1)
UPDATE article SET title = {title} FROM latest WHERE article.id = latest.id RETURNING latest.title;
"""


def prove(site: Site, settings: list[Setting]) -> list[Proof]:
    """Every proof that the planes at hand allow."""
    access = {setting.plane: access_of(site, setting.plane) for setting in settings}
    found = [proof for way in access.values() for proof in _portal(way)]
    return found + list(_walls(access))


def on(access: Access, machine: Machine, *words: str, text: str = "") -> str:
    """Run a command on a machine through its bastion and return what it prints."""
    done = subprocess.run(
        access.command(machine, words),
        input=text,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise ToolkitError(
            f"`{' '.join(words)}` ended with {done.returncode}: {done.stderr.strip()[-300:]}",
            f"{access.plane.id}/{machine.id}",
            f"look yourself: govcloud ssh {machine.id}",
        )
    return done.stdout


def _portal(access: Access) -> Iterator[Proof]:
    web = next((machine for machine in access.running if machine.role == PORTAL), None)
    if web is None or web.floating is None:
        return
    base = next(d for d in databases(access.plane) if d.system == web.system)
    address = f"http://{web.floating}/"
    before = _page(address)
    yield Proof(
        f"the portal answers at {address}", f"“{_title(before)}”, {len(before)} characters", bool(before)
    )
    old = _rename(access, base.machine, base.name, CHANGED)
    try:
        after = _page(address)
    finally:
        _rename(access, base.machine, base.name, old)
    shown = CHANGED in html.unescape(after) and CHANGED not in html.unescape(before)
    yield Proof(f"a row changed on {base.machine.id} shows on the next page", CHANGED, shown)
    back = old in html.unescape(_page(address))
    yield Proof("the row put back shows again", old, back)


def _page(address: str) -> str:
    answer = requests.get(address, timeout=SECONDS)
    answer.raise_for_status()
    answer.encoding = "utf-8"
    return answer.text


def _title(page: str) -> str:
    found = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    return html.unescape(found.group(1)).strip() if found else "no title"


def _rename(access: Access, machine: Machine, database: str, title: str) -> str:
    """Give the latest news another title; returns the one that it had."""
    quoted = "'" + title.replace("'", "''") + "'"
    words = ("sudo", "-u", "postgres", "psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-d", database)
    said = on(access, machine, *words, text=CHANGE.format(title=quoted))
    return said.strip()


def _walls(access: dict[str, Access]) -> Iterator[Proof]:
    """Each probe reaches its neighbour and nothing of any other plane."""
    for plane, way in access.items():
        probe = _probe(way)
        neighbour = str(way.bastion.address)
        seen = reach(way, probe, [neighbour])
        yield Proof(
            f"the probe of {plane} reaches its neighbour",
            f"{neighbour} {seen[neighbour]}",
            _all(seen, "reached"),
        )
        for other, there in access.items():
            if other != plane:
                targets = [str(_probe(there).address), str(there.bastion.floating)]
                seen = reach(way, probe, targets)
                told = ", ".join(f"{target} {state}" for target, state in seen.items())
                yield Proof(f"the probe of {plane} cannot reach {other}", told, _all(seen, "silent"))


def _probe(access: Access) -> Machine:
    return next(machine for machine in access.running if machine.role == PROBE)


def reach(access: Access, machine: Machine, targets: list[str]) -> dict[str, str]:
    """What a machine's own `reach` says of each target: `reached`, `refused` or `silent`."""
    found: dict[str, str] = json.loads(on(access, machine, "reach", *targets))
    return found


def _all(seen: dict[str, str], state: str) -> bool:
    return set(seen.values()) == {state}
