"""A site in nginx's settings: its servers, what they use of the rest, and the same for another machine. Pure
but for the parser's own habit of reading files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import crossplane

from govcloud.errors import ToolkitError

Directive = dict[str, Any]
"""As the parser has it: `directive`, `args`, and `block` where it has one."""
CARRIED = ("upstream", "map", "geo", "split_clients", "limit_req_zone", "limit_conn_zone", "log_format")
"""What stands outside of servers and comes along where a server uses it."""
_DECIDED = """
    include server types default_type access_log error_log sendfile resolver server_tokens keepalive_timeout
    tcp_nopush tcp_nodelay server_names_hash_bucket_size server_names_hash_max_size types_hash_max_size
    types_hash_bucket_size map_hash_bucket_size map_hash_max_size variables_hash_bucket_size
    variables_hash_max_size ssl_protocols ssl_prefer_server_ciphers ssl_ciphers ssl_session_cache
    ssl_session_tickets
"""
NOT_INHERITED = frozenset({*CARRIED, *_DECIDED.split()})
"""What the platform's own settings decide."""
FILES = frozenset(
    {
        *("ssl_certificate", "ssl_certificate_key", "ssl_trusted_certificate", "ssl_client_certificate"),
        *("ssl_dhparam", "ssl_crl", "ssl_password_file", "auth_basic_user_file"),
    }
)
"""Directives that name a file which comes along."""
TREES = frozenset({"root", "alias"})
LOGS = frozenset({"access_log", "error_log"})
PASSES = frozenset({"proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass"})
SECURE, CLEAR = "443", "80"
"""The port by which the platform's shared machines are reached, and the one that is left behind."""
_MARK = re.compile(r"^# configuration file (/.+):$", re.MULTILINE)


@dataclass(frozen=True)
class Site:
    """One domain's servers, with what they use of the rest; `files` holds the whole settings by path."""

    domain: str
    servers: tuple[Directive, ...]
    carried: tuple[Directive, ...]
    files: Mapping[str, str]
    homes: tuple[str, ...]
    """The files in which the servers stand."""

    def every(self, names: Iterable[str]) -> Iterator[Directive]:
        """Each directive of these names, of inner blocks too."""
        wanted = frozenset(names)
        yield from (one for one in _all((*self.carried, *self.servers)) if one["directive"] in wanted)

    def named(self, names: Iterable[str]) -> list[str]:
        """The first words of those directives, sorted, each once."""
        return sorted({one["args"][0] for one in self.every(names) if one["args"]})

    @property
    def names(self) -> list[str]:
        """The names by which it is asked for."""
        return sorted({name for server in self.servers for name in _names(server)})

    @property
    def companions(self) -> list[str]:
        """The files that it names, by their whole paths: certificates, keys, lists of passwords."""
        return sorted({whole_path(name) for name in self.named(FILES)})

    @property
    def ports(self) -> list[str]:
        """The ports on which it listens."""
        return sorted({_port(one["args"][0]) for one in self.every(["listen"])})

    @property
    def secured(self) -> bool:
        """Whether it is served over TLS."""
        return SECURE in self.ports


def split_dump(text: str) -> dict[str, str]:
    """What `nginx -T` prints, as the text of each file."""
    parts = _MARK.split(text)
    return {path: body.strip("\n") + "\n" for path, body in zip(parts[1::2], parts[2::2], strict=True)}


def site_in(files: Mapping[str, str], domain: str, main: str = "/etc/nginx/nginx.conf") -> Site:
    """The site of a domain, without servers where there is none; ToolkitError where nothing can be read."""
    parsed = {path: _parsed(path, text) for path, text in files.items()}
    outer = _flat(main, parsed)
    ground = [one for block in outer if block["directive"] == "http" for one in block["block"]]
    servers = tuple(
        _inheriting(one, ground) for one in ground if one["directive"] == "server" and domain in _names(one)
    )
    homes = tuple(sorted({path for path, tree in parsed.items() if _stands_in(tree, domain)}))
    return Site(domain, servers, tuple(_used(servers, ground)), files, homes)


def written(directives: Sequence[Directive]) -> str:
    """Directives as nginx reads them."""
    return str(crossplane.build(list(directives))) + "\n"


def replaced(text: str, domain: str, servers: Sequence[Directive], path: str) -> str:
    """A file of settings with other servers in the place of the domain's; the first of these takes them."""
    left = list(servers)

    def walked(directives: list[Directive]) -> Iterator[Directive]:
        for one in directives:
            if one["directive"] == "server" and domain in _names(one):
                yield from left
                left.clear()
            elif "block" in one:
                yield {**one, "block": list(walked(one["block"]))}
            else:
                yield one

    return written(list(walked(_parsed(path, text))))


def _parsed(path: str, text: str) -> list[Directive]:
    with TemporaryDirectory(prefix="govcloud-") as directory:
        place = Path(directory, "settings")
        place.write_text(text, encoding="utf-8", errors="surrogateescape")
        read = crossplane.parse(
            str(place), single=True, comments=False, strict=False, check_ctx=False, check_args=False
        )
    if read["status"] != "ok":
        found = read["errors"][0]
        raise ToolkitError(
            f"these settings cannot be read: {str(found['error']).replace(str(place), path)}",
            path,
            "see what `nginx -t` says there",
        )
    directives: list[Directive] = read["config"][0]["parsed"]
    return directives


def _flat(path: str, parsed: Mapping[str, list[Directive]]) -> list[Directive]:
    """A file's directives with those of the files that it includes in their places."""
    return list(_unfolded(parsed.get(path, []), parsed))


def _unfolded(directives: Iterable[Directive], parsed: Mapping[str, list[Directive]]) -> Iterator[Directive]:
    for one in directives:
        if one["directive"] == "include":
            for path in _matching(one["args"][0], parsed):
                yield from _unfolded(parsed[path], parsed)
        elif "block" in one:
            yield {**one, "block": list(_unfolded(one["block"], parsed))}
        else:
            yield one


def whole_path(name: str) -> str:
    """A path as nginx means it."""
    return name if name.startswith("/") else f"/etc/nginx/{name}"


def _matching(pattern: str, parsed: Mapping[str, list[Directive]]) -> list[str]:
    whole = whole_path(pattern)
    return sorted(path for path in parsed if PurePosixPath(path).match(whole))


def _names(server: Directive) -> set[str]:
    inner = server.get("block", ())
    return {name for one in inner if one["directive"] == "server_name" for name in one["args"]}


def _stands_in(directives: Iterable[Directive], domain: str) -> bool:
    return any(one["directive"] == "server" and domain in _names(one) for one in _all(directives))


def _all(directives: Iterable[Directive]) -> Iterator[Directive]:
    for one in directives:
        yield one
        yield from _all(one.get("block", ()))


def _inheriting(server: Directive, ground: Sequence[Directive]) -> Directive:
    """A server with what it takes from the level above, unless it says so itself."""
    own = {one["directive"] for one in server["block"]}
    above = [
        one
        for one in ground
        if "block" not in one and one["directive"] not in own and one["directive"] not in NOT_INHERITED
    ]
    return {**server, "block": [*above, *server["block"]]}


def _used(servers: Sequence[Directive], ground: Sequence[Directive]) -> Iterator[Directive]:
    """What the servers name of the level above, and what that names in turn."""
    candidates = [one for one in ground if one["directive"] in CARRIED]
    wanted = _words(servers)
    taken: list[int] = []
    while True:
        more = [
            number
            for number, one in enumerate(candidates)
            if number not in taken and any(_names_it(one, word) for word in wanted)
        ]
        if not more:
            break
        taken += more
        wanted |= _words([candidates[number] for number in more])
    yield from (candidates[number] for number in sorted(taken))


def _words(directives: Iterable[Directive]) -> set[str]:
    return {word for one in _all(directives) for word in one["args"]}


def _names_it(one: Directive, word: str) -> bool:
    """Whether a word of a server's names this: an upstream by its name, a variable, or a zone."""
    name = one["args"][0]
    if one["directive"] == "upstream":
        return re.fullmatch(rf"(https?://|grpcs?://)?{re.escape(name)}([:/].*)?", word) is not None
    if one["directive"] == "log_format":
        return bool(word == name)
    if one["directive"] in ("limit_req_zone", "limit_conn_zone"):
        zones = [arg[5:].partition(":")[0] for arg in one["args"] if arg.startswith("zone=")]
        return word in {*zones, *(f"zone={zone}" for zone in zones)}
    variable = one["args"][-1].lstrip("$")
    return bool(re.search(rf"\$\{{?{re.escape(variable)}\b", word))


def _port(listen: str) -> str:
    if listen.startswith("unix:"):
        return listen
    last = listen.rpartition(":")[2]
    return last if last.isdecimal() else CLEAR
