"""Machines that really run: configured twice, looked at, broken by hand, mended, entered."""

from __future__ import annotations

import html
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from govcloud.configure import databases

from .conftest import Machines

ROLES = ("base", "bastion", "postgresql", "web", "probe")
BROKEN = {
    "an open port": (
        *("probe", "base", "nft add rule inet host input tcp dport 9999 accept", "systemctl reload nftables"),
        "the firewall admits nothing else",
    ),
    "no firewall": (
        *("probe", "base", "nft flush ruleset", "systemctl reload nftables"),
        "the firewall drops what nothing admits",
    ),
    "a password": (
        *("probe", "base", "usermod --password '$6$salt$hash' games", "usermod --password '*' games"),
        "nobody has a password",
    ),
    "password logins": (
        *("probe", "base", "echo 'PasswordAuthentication yes' > /etc/ssh/sshd_config.d/00-open.conf"),
        *("rm /etc/ssh/sshd_config.d/00-open.conf", "sshd's passwordauthentication is no"),
    ),
    "another time zone": (
        *("probe", "base", "ln -sfn /usr/share/zoneinfo/Etc/UTC /etc/localtime"),
        *("ln -sfn /usr/share/zoneinfo/Asia/Shanghai /etc/localtime", "times are of Asia/Shanghai"),
    ),
    "a way to anywhere": (
        *("bastion", "bastion", "echo 'PermitOpen any' > /etc/ssh/sshd_config.d/00-open.conf"),
        "rm /etc/ssh/sshd_config.d/00-open.conf",
        "it leads to the plane's machines and nowhere else",
    ),
    "another login": (
        *("shared-postgresql", "postgresql", "runuser -u postgres -- psql -qc 'CREATE ROLE intruder LOGIN'"),
        "runuser -u postgres -- psql -qc 'DROP ROLE intruder'",
        "each hosted system has a login, and nobody else but the accounts of those that moved in",
    ),
    "a door for everybody": (
        *("shared-postgresql", "postgresql"),
        "echo 'host all all 0.0.0.0/0 trust' >> /etc/postgresql/15/main/pg_hba.conf",
        "sed -i '$d' /etc/postgresql/15/main/pg_hba.conf",
        "only each system's own machines may log in, encrypted, to its own database, and moves from this one",
    ),
    "no application": (
        *("portal-web", "web", "systemctl stop portal", "systemctl start portal"),
        "portal.service runs",
    ),
    "a readable password": (
        *("portal-web", "web", "chmod 644 /etc/portal/database", "chmod 600 /etc/portal/database"),
        "its password lies where only root reads",
    ),
    "no program": (
        *("probe", "probe", "mv /usr/local/bin/reach /root/", "mv /root/reach /usr/local/bin/"),
        "its program tells what can be reached",
    ),
}


def test_a_second_run_changes_nothing(machines: Machines) -> None:
    made = machines.configure()
    assert {one.machine: (one.state, one.changed) for one in made.machines} == {
        machine.id: ("ok", []) for machine in machines.access.running
    }


@pytest.mark.parametrize("role", ROLES)
def test_what_was_configured_is_found_so(machines: Machines, role: str) -> None:
    here = [machine.id for machine in machines.access.running if role in machine.configure]
    assert here
    assert [finding for name in here for finding in machines.wrong(name, role)] == []


@pytest.mark.parametrize("fault", BROKEN)
def test_what_is_broken_by_hand_is_found(machines: Machines, fault: str) -> None:
    name, role, harm, mend, what = BROKEN[fault]
    machines.on(name, harm)
    try:
        found = [finding.what for finding in machines.wrong(name, role)]
    finally:
        machines.on(name, mend)
    assert what in found
    assert machines.wrong(name, role) == []


def test_every_role_is_among_those_broken() -> None:
    assert {role for _name, role, *_rest in BROKEN.values()} == set(ROLES)


def test_configure_mends_what_was_broken_and_nothing_else(machines: Machines) -> None:
    machines.on("probe", "rm /usr/local/bin/reach; echo broken > /etc/issue.net")
    planned = machines.configure("probe", check=True)
    assert machines.on("probe", "cat /etc/issue.net") == "broken\n"
    done = machines.configure("probe")
    wanted = ["A notice stands before every login", "A program tells what can be reached from here"]
    assert [run.changed for run in (*planned.machines, *done.machines)] == [wanted, wanted]


def test_a_unit_follows_its_files_though_the_run_that_changed_them_was_cut_short(machines: Machines) -> None:
    """The firewall's file is as it should be, and what is loaded is older: as after a kill between the two."""
    records = "/var/lib/govcloud/units/nftables.service.reload.json"
    machines.on("probe", f"echo cut-short > {records}; nft add rule inet host input tcp dport 9999 accept")
    assert machines.wrong("probe", "base")
    done = machines.configure("probe")
    assert done.machines[0].changed == ["What runs follows its settings, at every boot too"]
    assert machines.wrong("probe", "base") == []


def page(machines: Machines, path: str = "") -> str:
    web = next(
        machine for machine in machines.access.running if machine.floating and "web" in machine.configure
    )
    answer = requests.get(f"http://{web.floating}/{path}", timeout=30)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def sql(machines: Machines, statement: str) -> str:
    base = next(d for d in databases(machines.access.plane) if d.system == "portal")
    return machines.on(
        base.machine.id, f"runuser -u postgres -- psql -XAtqd {base.name} <<'END'\n{statement}\nEND\n"
    )


def test_the_portal_shows_what_the_database_holds_now(machines: Machines) -> None:
    title = "一条<测试>新闻"
    columns = "section, title, body, published, source"
    row = f"'news', '{title}', '正文 & 第一段', '2099-01-01', '测试'"
    number = sql(machines, f"INSERT INTO article ({columns}) VALUES ({row}) RETURNING id").strip()
    try:
        assert title in page(machines)
        assert "正文 & 第一段" in page(machines, f"articles/{number}")
        sql(machines, f"UPDATE article SET title = '已改' WHERE id = {number}")
        assert "已改" in page(machines)
    finally:
        sql(machines, f"DELETE FROM article WHERE id = {number}")
    assert title not in page(machines)


def test_a_site_that_somebody_adds_by_hand_is_not_declared_and_goes(machines: Machines) -> None:
    row = "'rogue', 'department', '私设网站', '某单位', 'rogue.example', 'rogue', 99"
    sql(machines, f"INSERT INTO website VALUES ({row})")
    assert "私设网站" in page(machines)
    machines.configure("portal-web")
    assert "私设网站" not in page(machines)


def test_without_its_database_the_portal_says_so_and_comes_back(machines: Machines) -> None:
    machines.on("shared-postgresql", "systemctl stop postgresql@15-main")
    try:
        web = next(m for m in machines.access.running if m.floating and "web" in m.configure)
        answer = requests.get(f"http://{web.floating}/", timeout=30)
        assert answer.status_code == 503
        assert "暂时无法访问" in answer.content.decode()
        assert answer.headers["Retry-After"] == "10"
    finally:
        machines.on("shared-postgresql", "systemctl start postgresql@15-main")
    assert page(machines)


def govcloud(machines: Machines, *words: str) -> subprocess.CompletedProcess[str]:
    site = ["--inventory", str(machines.site.inventory), "--work", str(machines.site.work.root)]
    program = str(Path(sys.executable).parent / "govcloud")
    command = [program, words[0], *site, "--plane", machines.access.plane.id, *words[1:]]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_ssh_leads_through_the_bastion(machines: Machines) -> None:
    done = govcloud(machines, "ssh", "portal-web", "--", "hostname; echo $SSH_CLIENT")
    name, client = done.stdout.splitlines()
    assert name == "portal-web"
    assert client.split()[0] == str(machines.access.bastion.address)


def test_ssh_refuses_a_host_key_that_the_cloud_did_not_report(machines: Machines) -> None:
    known = machines.access.known_hosts
    kept = known.read_text()
    others = [line for line in kept.splitlines() if not line.startswith("portal-web")]
    stranger = next(
        line.split(" ", 1)[1] for line in others if line.startswith("probe") and "ed25519" in line
    )
    names = next(line.split(" ", 1)[0] for line in kept.splitlines() if line.startswith("portal-web"))
    try:
        for lines in ([*others, f"{names} {stranger}"], others):
            known.write_text("\n".join(lines) + "\n")
            done = govcloud(machines, "ssh", "portal-web", "--", "true")
            assert done.returncode == 255
            assert "host key verification failed" in done.stderr.lower()
    finally:
        known.write_text(kept)
    assert govcloud(machines, "ssh", "portal-web", "--", "true").returncode == 0


def test_the_bastion_leads_nowhere_else(machines: Machines) -> None:
    """Its own nginx-less loopback, say: a forward to anything but a machine's SSH is refused."""
    words = machines.access.command(machines.access.bastion)
    done = subprocess.run(
        [*words[:-2], "-W", "127.0.0.1:22", *words[-2:]],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "administratively prohibited" in done.stderr


def test_plain_ansible_takes_the_inventory(machines: Machines, tmp_path: Path) -> None:
    """`govcloud inventory` behind a script of one line is an inventory program."""
    site = f"--inventory {machines.site.inventory.absolute()} --work {machines.site.work.root.absolute()}"
    program = Path(sys.executable).parent / "govcloud"
    script = tmp_path / "inventory"
    script.write_text(f'#!/bin/sh\nexec {program} inventory {site} --plane extranet "$@"\n')
    script.chmod(0o755)
    ansible = Path(sys.executable).parent / "ansible"
    command = [str(ansible), "-i", str(script), "role_web", "-m", "ansible.builtin.command", "-a", "hostname"]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "portal-web" in done.stdout
