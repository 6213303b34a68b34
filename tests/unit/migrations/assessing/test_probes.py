"""What the probes make of what they read: files of web servers, sockets, crontabs, configuration."""

from __future__ import annotations

from govcloud.migrations.assessing.probes import network, schedules, trees, web

NGINX = r"""
http {
  server_tokens off;   # not a server
  server {
    listen 443 ssl; server_name notices.example "www.notices.example";
    ssl_certificate /etc/ssl/notices.pem; ssl_certificate_key /etc/ssl/notices.key;
    root /srv/notices/public;
    location /app { proxy_pass http://127.0.0.1:8000; }
    location /files { alias /srv/notices/attachments; }
  }
  server { listen 80; server_name notices.example; return 301 https://$host$request_uri; }
}
"""


def of_nginx(text: str) -> list[dict[str, object]]:
    tokens = web.TOKEN.findall(web.COMMENT.sub(r"\1", text))
    return [web.of_nginx(server) for server in web.servers(web.block(tokens, "/etc/nginx", 0))]


def test_a_site_of_nginx_has_its_domains_roots_and_upstreams() -> None:
    first, second = of_nginx(NGINX)
    assert first["domains"] == ["notices.example", "www.notices.example"]
    assert first["roots"] == ["/srv/notices/attachments", "/srv/notices/public"]
    assert first["passes_to"] == ["http://127.0.0.1:8000"]
    assert second["redirects"] == ["301 https://$host$request_uri"]


def test_a_virtual_host_of_apache_has_the_same() -> None:
    text = """
    <VirtualHost *:443>
      ServerName tax.example
      ServerAlias www.tax.example old.tax.example
      DocumentRoot "/var/www/tax"
      # DocumentRoot /nowhere
      ProxyPass /app http://10.0.0.7:8080/
    </VirtualHost>
    """
    (site,) = web.of_apache(text)
    assert site["domains"] == ["old.tax.example", "tax.example", "www.tax.example"]
    assert (site["roots"], site["passes_to"]) == (["/var/www/tax"], ["/app http://10.0.0.7:8080/"])


def test_addresses_of_the_kernel_are_read_in_both_families() -> None:
    assert network.address("0100007F:1538") == ("127.0.0.1", 5432)
    assert network.address("0000000000000000FFFF0000C96433C6:0050") == ("198.51.100.201", 80)
    assert network.address("00000000000000000000000001000000:01BB") == ("::1", 443)


def test_configuration_names_hosts_and_no_password() -> None:
    text = "\n".join(
        [
            "dsn = postgresql://court:s3cret@db.court.example:5433/notices",
            "# host = commented.example",
            "DB_HOST=10.20.0.9",
            "'hostname' => 'mail.court.example',",
            "color: white",
        ]
    )
    found = trees.named("/srv/app/settings.ini", text)
    assert [(one["line"], one["host"], one["port"]) for one in found] == [
        (1, "db.court.example", 5433),
        (3, "10.20.0.9", 0),
        (4, "mail.court.example", 0),
    ]
    assert "s3cret" not in repr(found)


def test_a_schedule_is_told_without_its_password(tmp_path) -> None:
    table = tmp_path / "backup"
    table.write_text(
        "# nightly\n0 2 * * * root mysqldump -ps3cret --host=db all\n5 * * * * root PASSWORD=s3cret run\n"
    )
    found = schedules.lines(str(table))
    assert len(found) == 2
    assert "s3cret" not in repr(found)
    assert "(hidden)" in found[0]


def test_a_crontab_that_cannot_be_read_is_named(tmp_path) -> None:
    schedules.UNREAD.clear()
    assert schedules.lines(str(tmp_path / "gone")) == []
    assert [f"{tmp_path / 'gone'}: No such file or directory"] == schedules.UNREAD
