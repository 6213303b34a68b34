"""What of a site the platform cannot take is named before anything moves."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from govcloud.configure.authority import SERVER_DAYS, Authority
from govcloud.migrations.findings import Weight
from govcloud.migrations.sites.examining import of_certificates, of_files, of_servers
from govcloud.migrations.sites.nginx import Site, site_in
from govcloud.migrations.sites.place import SitePlace
from govcloud.migrations.sites.rewriting import Rewriting
from govcloud.topology.moving import MovedSite

NOW = datetime.now(UTC)
CERTIFICATE, KEY = "/etc/ssl/notices.pem", "/etc/ssl/notices.key"
GOOD = f"""
  upstream app {{ server 127.0.0.1:8010; }}
  server {{
    listen 443 ssl; server_name notices.example;
    ssl_certificate {CERTIFICATE}; ssl_certificate_key {KEY};
    location / {{ proxy_pass http://app; }}
    location /files/ {{ alias /srv/notices/files/; }}
  }}
"""


def site(text: str = GOOD) -> Site:
    return site_in({"/etc/nginx/nginx.conf": f"http {{ {text} }}"}, "notices.example")


def found(of: Site, unit: str | None = "notices.service") -> dict[str, Weight]:
    moved = MovedSite.model_validate({"domain": "notices.example", "unit": unit})
    place = SitePlace(moved, "shared-web", "court", "court", "/srv/systems/court", "10.0.0.5", {}, {})
    rewriting = Rewriting({"/srv/notices": "/srv/systems/court/srv/notices"}, (), {})
    return {one.name: one.weight for one in of_servers(of, place, rewriting)}


def test_a_site_that_can_move_has_nothing_in_its_way() -> None:
    assert found(site()) == {}


@pytest.mark.parametrize(
    ("said", "instead", "name", "weight"),
    [
        ("server_name notices", "server_name other", "site notices.example", Weight.BLOCKS),
        ("listen 443 ssl", "listen 80", "site notices.example in clear", Weight.BLOCKS),
        (
            "listen 443 ssl;",
            "listen 443 ssl; listen 8443 ssl;",
            "site notices.example port 8443",
            Weight.ACCEPT,
        ),
        ("listen 443 ssl;", "listen 443 ssl; listen 80;", "site notices.example port 80", Weight.NOTE),
        (
            "/srv/notices/files/",
            "/var/files/",
            "site notices.example directory /var/files/",
            Weight.BLOCKS,
        ),
        (
            "http://app",
            "http://192.0.2.9:80",
            "site notices.example hands on to http://192.0.2.9:80",
            Weight.NOTE,
        ),
    ],
)
def test_what_the_platform_cannot_take_is_named(said: str, instead: str, name: str, weight: Weight) -> None:
    assert said in GOOD
    assert found(site(GOOD.replace(said, instead)))[name] is weight


def test_a_service_that_nobody_names_blocks() -> None:
    assert found(site(), unit=None) == {"site notices.example service": Weight.BLOCKS}


def held(text: str) -> dict[str, object]:
    return {"text": base64.b64encode(text.encode()).decode(), "mode": 0o600, "user": "root", "group": "root"}


def vouched(folder: Path, name: str = "notices.example", days: int = 0) -> str:
    authority = Authority(folder, "example", NOW - timedelta(days=days))
    return authority.vouch(name, [name], []).read_text()


def told(pem: str, key: str) -> dict[str, Weight]:
    files = {CERTIFICATE: held(pem), KEY: held(key)}
    return {one.seen: one.weight for one in of_certificates(site(), files, NOW)}


def test_a_certificate_that_lasts_and_has_its_key_is_taken(tmp_path: Path) -> None:
    pem = vouched(tmp_path)
    assert told(pem, pem) == {}


def test_a_certificate_that_cannot_serve_is_named(tmp_path: Path) -> None:
    pem = vouched(tmp_path / "one")
    assert told(pem, vouched(tmp_path / "two")) == {"its key is another one's": Weight.BLOCKS}
    assert told("nothing", pem) == {"it cannot be read: ValueError": Weight.BLOCKS}
    other = vouched(tmp_path / "three", "other.example")
    assert told(other, other) == {"it is not of notices.example": Weight.ACCEPT}
    wild = vouched(tmp_path / "four", "*.example")
    assert told(wild, wild) == {}
    ended = vouched(tmp_path / "five", days=SERVER_DAYS + 10)
    (weight,) = told(ended, ended).values()
    assert weight is Weight.BLOCKS
    ends = vouched(tmp_path / "six", days=SERVER_DAYS - 10)
    (weight,) = told(ends, ends).values()
    assert weight is Weight.NOTE


def test_files_that_are_not_there_are_named() -> None:
    assert [one.name for one in of_files({"/etc/a": None, "/etc/b": held("b")})] == ["file /etc/a"]
    assert [one.seen for one in of_certificates(site(), {CERTIFICATE: None, KEY: None}, NOW)] == [
        "it or its key is not there"
    ]
