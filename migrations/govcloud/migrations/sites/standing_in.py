"""What stands at the old host in the place of a site that has left: asks to come back, or leads on. Pure."""

from __future__ import annotations

from govcloud.migrations.sites.nginx import Directive, Site


def leading_on(site: Site, address: str) -> list[Directive]:
    """A server that hands on to `address` whatever still comes to the old host; the answer is verified.

    What verifies it is the site's own certificate, with the chain that the host has.
    """
    return _standing_in(
        site,
        [
            _said("proxy_pass", f"https://{address}"),
            _said("proxy_set_header", "Host", "$host"),
            _said("proxy_set_header", "X-Forwarded-For", "$proxy_add_x_forwarded_for"),
            _said("client_max_body_size", "0"),
            _said("proxy_ssl_server_name", "on"),
            _said("proxy_ssl_name", site.domain),
            _said("proxy_ssl_verify", "on"),
            _said("proxy_ssl_verify_depth", "4"),
            _said("proxy_ssl_trusted_certificate", site.named(["ssl_certificate"])[0]),
        ],
    )


def keeping_off(site: Site, seconds: int) -> list[Directive]:
    """A server that says to come back in a moment."""
    return _standing_in(
        site, [_said("add_header", "Retry-After", str(seconds), "always"), _said("return", "503")]
    )


def _standing_in(site: Site, inner: list[Directive]) -> list[Directive]:
    """One server for all of the site's: on the same addresses, with the same certificate."""
    listens = {tuple(one["args"]): one for one in site.every(["listen"])}
    proofs = [next(site.every([name])) for name in ("ssl_certificate", "ssl_certificate_key")]
    names = {"directive": "server_name", "args": site.names, "line": 1}
    location = {"directive": "location", "args": ["/"], "line": 1, "block": inner}
    return [
        {"directive": "server", "args": [], "line": 1, "block": [*listens.values(), names, *proofs, location]}
    ]


def _said(directive: str, *args: str) -> Directive:
    return {"directive": directive, "args": list(args), "line": 1}
