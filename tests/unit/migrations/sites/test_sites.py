"""A site as nginx prints it: found, rewritten for the platform, and stood in for at the old host."""

from __future__ import annotations

import base64

import pytest

from govcloud.errors import ToolkitError
from govcloud.migrations.sites.laying import Taken, laid_for, rewriting_for, settings_for
from govcloud.migrations.sites.nginx import Site, replaced, site_in, split_dump, written
from govcloud.migrations.sites.place import SitePlace
from govcloud.migrations.sites.rewriting import Rewriting
from govcloud.migrations.sites.standing_in import keeping_off, leading_on
from govcloud.topology.moving import MovedSite, Rewrite

DUMP = """\
# configuration file /etc/nginx/nginx.conf:
user www-data;
http {
    gzip on;
    client_max_body_size 2m;
    server_tokens on;
    include /etc/nginx/conf.d/*.conf;
    include sites-enabled/*;
}
# configuration file /etc/nginx/conf.d/zones.conf:
limit_req_zone $binary_remote_addr zone=posts:10m rate=5r/s;
limit_req_zone $binary_remote_addr zone=unused:10m rate=5r/s;
map $http_accept_language $language { default zh; ~en en; }
# configuration file /etc/nginx/sites-enabled/notices:
# left by the supplier
upstream app { server 127.0.0.1:8010; }
server { listen 80; listen [::]:80; server_name notices.example; return 301 https://$host$request_uri; }
server {
    listen 192.0.2.7:443 ssl; listen 8443 ssl;
    server_name notices.example "www.notices.example";
    ssl_certificate /etc/ssl/notices.pem; ssl_certificate_key ssl/notices.key;
    access_log /var/log/nginx/notices.log combined;
    include snippets/proxy.conf;
    location ~ "^/files/[0-9]{4}$" { root /srv/notices; }
    location / { limit_req zone=posts; proxy_pass http://app/front; add_header X-Language $language; }
}
server { listen 80; server_name other.example; root /srv/other; }
# configuration file /etc/nginx/snippets/proxy.conf:
proxy_set_header Host $host;
"""


@pytest.fixture
def site() -> Site:
    return site_in(split_dump(DUMP), "notices.example")


def place(**more: object) -> SitePlace:
    moved = MovedSite.model_validate({"domain": "notices.example", **more})
    trees = {"/srv/notices": "/srv/systems/court/srv/notices"}
    words = {"database.host": "10.0.0.4", "database.name": "court"}
    return SitePlace(moved, "shared-web", "court", "court", "/srv/systems/court", "10.0.0.5", trees, words)


def held(text: str) -> dict[str, object]:
    return {"text": base64.b64encode(text.encode()).decode(), "mode": 0o600, "user": "root", "group": "root"}


def settings(site: Site) -> str:
    taken = Taken(site, {path: held("") for path in site.companions}, None)
    return settings_for(site, "court", rewriting_for(place(), taken))


def test_a_site_is_all_servers_of_its_name_and_what_they_use(site: Site) -> None:
    assert len(site.servers) == 2
    assert site.names == ["notices.example", "www.notices.example"]
    assert site.homes == ("/etc/nginx/sites-enabled/notices",)
    assert [one["args"][0] for one in site.carried] == ["$binary_remote_addr", "$http_accept_language", "app"]
    assert site.companions == ["/etc/nginx/ssl/notices.key", "/etc/ssl/notices.pem"]
    assert site.ports == ["443", "80", "8443"]


def test_a_name_that_nobody_serves_has_no_servers() -> None:
    assert site_in(split_dump(DUMP), "nobody.example").servers == ()
    assert site_in({}, "notices.example").servers == ()


def test_settings_that_cannot_be_read_are_named() -> None:
    with pytest.raises(ToolkitError, match="cannot be read"):
        site_in({"/etc/nginx/nginx.conf": "http { server {"}, "notices.example")


def test_the_platform_takes_what_its_own_settings_do_not_decide(site: Site) -> None:
    text = settings(site)
    assert "client_max_body_size 2m;" in text
    assert "server_tokens" not in text
    assert "proxy_set_header Host $host;" in text
    assert "other.example" not in text
    assert "zone=unused" not in text


def test_names_and_paths_are_those_of_the_platform(site: Site) -> None:
    text = settings(site)
    assert "upstream court-app {" in text
    assert "proxy_pass http://court-app/front;" in text
    assert "root /srv/systems/court/srv/notices;" in text
    assert "ssl_certificate /srv/systems/court/etc/ssl/notices.pem;" in text
    assert "ssl_certificate_key /srv/systems/court/etc/nginx/ssl/notices.key;" in text
    assert "access_log /var/log/nginx/court-notices.log;" in text


def test_it_listens_where_people_reach_the_platform_and_nowhere_else(site: Site) -> None:
    text = settings(site)
    listens = [line.strip() for line in text.splitlines() if "listen" in line]
    assert listens == ["listen 443 ssl;"]
    assert "return 301" not in text


def test_settings_read_back_as_the_same_site(site: Site) -> None:
    text = f"http {{ {settings(site)} }}"
    again = site_in({"/etc/nginx/nginx.conf": text}, "notices.example")
    assert again.names == site.names
    assert again.named(["alias", "root"]) == ["/srv/systems/court/srv/notices"]
    assert '"^/files/[0-9]{4}$"' in written(again.servers) or "'^/files/[0-9]{4}$'" in written(again.servers)


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("/srv/notices", "/srv/systems/court/srv/notices"),
        ("/srv/notices/a;", "/srv/systems/court/srv/notices/a;"),
        ('PATH="/srv/notices"', 'PATH="/srv/systems/court/srv/notices"'),
        ("/srv/notices-old", "/srv/notices-old"),
        ("/srv/notices.bak", "/srv/notices.bak"),
        ("/old/srv/notices", "/old/srv/notices"),
        ("/srv/systems/court/srv/notices", "/srv/systems/court/srv/notices"),
    ],
)
def test_whole_names_of_directories_are_rewritten_and_once(text: str, becomes: str) -> None:
    rewriting = Rewriting({"/srv/notices": "/srv/systems/court/srv/notices"}, (), {})
    assert rewriting.paths(text) == becomes


def test_declared_texts_are_rewritten_with_the_platforms_words(site: Site) -> None:
    rewrite = {
        "in": "/etc/notices/settings",
        "from": "host=127.0.0.1",
        "to": "host={database.host} {unknown}",
    }
    where = place(configuration=["/etc/notices/settings"], rewrites=[rewrite])
    files = {path: held("key") for path in site.companions}
    taken = Taken(site, {**files, "/etc/notices/settings": held("host=127.0.0.1 at=/srv/notices")}, None)
    laid = {one.path: one for one in laid_for(taken, where, rewriting_for(where, taken))}
    found = laid["/srv/systems/court/etc/notices/settings"]
    assert found.text == b"host=10.0.0.4 {unknown} at=/srv/systems/court/srv/notices"
    assert found.mode == 0o600
    assert "/etc/nginx/sites/court.conf.held" in laid


def test_what_is_to_be_rewritten_and_is_not_there_is_told() -> None:
    rewrite = Rewrite.model_validate({"in": "/etc/a", "from": "host=here", "to": "x"})
    rewriting = Rewriting({}, (rewrite,), {})
    assert rewriting.missing("/etc/a", "host=there") == ["host=here"]
    assert rewriting.missing("/etc/b", "host=there") == []


def test_others_stand_in_for_one_site_and_leave_its_neighbours_alone(site: Site) -> None:
    path = site.homes[0]
    text = replaced(site.files[path], site.domain, keeping_off(site, 60), path)
    files = {**site.files, path: text}
    found = site_in(files, "notices.example")
    assert len(found.servers) == 1
    assert found.names == site.names
    assert "return 503;" in text
    before, after = site_in(site.files, "other.example"), site_in(files, "other.example")
    assert written(after.servers) == written(before.servers)


def test_what_stands_in_can_be_stood_in_for(site: Site) -> None:
    path = site.homes[0]
    first = {**site.files, path: replaced(site.files[path], site.domain, keeping_off(site, 60), path)}
    standing = site_in(first, site.domain)
    text = replaced(first[path], site.domain, leading_on(standing, "10.0.0.5"), path)
    assert "proxy_pass https://10.0.0.5;" in text
    assert "proxy_ssl_name notices.example;" in text
    assert "proxy_ssl_verify on;" in text
    assert "return 503" not in text
    assert "listen 192.0.2.7:443 ssl;" in text
