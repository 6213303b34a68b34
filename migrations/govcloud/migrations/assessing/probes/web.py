"""A probe: the web sites that nginx and Apache serve here, and the public halves of their certificates."""

from __future__ import annotations

import glob
import json
import os
import re
import sys
from typing import Any

UNREAD: list[str] = []
NGINX = "/etc/nginx/nginx.conf"
APACHE = ("/etc/apache2/sites-enabled/*", "/etc/httpd/conf/httpd.conf", "/etc/httpd/conf.d/*.conf")
DEEP = 8
PUBLIC = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
TOKEN = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[{};]|[^\s{};\"']+")
COMMENT = re.compile(r"(?m)(^|\s)#.*$")


def read(path: str) -> str:
    """A file's text; where it cannot be read, nothing, and its name is noted."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError as error:
        UNREAD.append("%s: %s" % (path, error.strerror))
        return ""


def certificate(path: str) -> dict[str, str]:
    """The certificate's public half, for a reader who knows such things."""
    found = PUBLIC.search(read(path))
    return {"path": path, "pem": found.group(0) if found else ""}


def nginx(path: str, deep: int = 0) -> list[list[Any]]:
    """The directives of a file: each a list of words, a block's own directives being its last word."""
    tokens = TOKEN.findall(COMMENT.sub(r"\1", read(path)))
    return block(tokens, os.path.dirname(path), deep)


def block(tokens: list[str], folder: str, deep: int) -> list[list[Any]]:
    """The directives up to the end of the block; takes them from the front of `tokens`."""
    found: list[list[Any]] = []
    words: list[Any] = []
    while tokens:
        token = tokens.pop(0)
        if token == "}":
            return found
        if token == "{":
            found.append([*words, block(tokens, folder, deep)])
            words = []
        elif token == ";":
            if words[:1] == ["include"] and deep < DEEP:
                for path in sorted(glob.glob(os.path.join("/etc/nginx", words[1]))):
                    found += nginx(path, deep + 1)
            elif words:
                found.append(words)
            words = []
        else:
            words.append(token.strip("\"'"))
    return found


def servers(directives: list[list[Any]]) -> list[list[list[Any]]]:
    """The `server` blocks, wherever they stand in `http`."""
    found = []
    for words in directives:
        if words[0] == "server" and isinstance(words[-1], list):
            found.append(words[-1])
        elif words[0] == "http" and isinstance(words[-1], list):
            found += servers(words[-1])
    return found


def every(directives: list[list[Any]], name: str) -> list[list[Any]]:
    """The words of each directive of that name, of inner blocks too."""
    found = [words[1:] for words in directives if words[0] == name]
    for words in directives:
        if isinstance(words[-1], list):
            found += every(words[-1], name)
    return found


def of_nginx(server: list[list[Any]]) -> dict[str, Any]:
    """One site of nginx."""
    return {
        "server": "nginx",
        "domains": sorted({str(name) for words in every(server, "server_name") for name in words}),
        "listens": [" ".join(words) for words in every(server, "listen")],
        "roots": sorted(
            {words[0] for words in every(server, "root")} | {words[0] for words in every(server, "alias")}
        ),
        "passes_to": sorted(
            {
                words[0]
                for name in ("proxy_pass", "fastcgi_pass", "uwsgi_pass")
                for words in every(server, name)
            }
        ),
        "redirects": [" ".join(words) for name in ("return", "rewrite") for words in every(server, name)],
        "certificates": [certificate(words[0]) for words in every(server, "ssl_certificate")],
    }


def of_apache(text: str) -> list[dict[str, Any]]:
    """The virtual hosts of one file of Apache's."""
    found = []
    for listens, body in re.findall(
        r"(?is)<VirtualHost\s+([^>]+)>(.*?)</VirtualHost>", COMMENT.sub(r"\1", text)
    ):

        def values(name: str, body: str = body) -> list[str]:
            return [value.strip().strip('"') for value in re.findall(r"(?im)^\s*%s\s+(.+)$" % name, body)]

        found.append(
            {
                "server": "apache",
                "domains": sorted(
                    values("ServerName") + [one for line in values("ServerAlias") for one in line.split()]
                ),
                "listens": listens.split(),
                "roots": values("DocumentRoot"),
                "passes_to": values("ProxyPass"),
                "redirects": values("Redirect(?:Match|Permanent)?"),
                "certificates": [certificate(path) for path in values("SSLCertificateFile")],
            }
        )
    return found


def main() -> None:
    """Print what was found."""
    json.load(sys.stdin)
    sites = [of_nginx(server) for server in servers(nginx(NGINX))] if os.path.exists(NGINX) else []
    for pattern in APACHE:
        for path in sorted(glob.glob(pattern)):
            sites += of_apache(read(path))
    json.dump({"sites": sites, "unread": UNREAD}, sys.stdout)


if __name__ == "__main__":
    main()
