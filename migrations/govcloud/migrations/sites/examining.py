"""What is found of a site before anything moves, at its host and on the platform."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from govcloud.migrations.findings import Finding, Weight
from govcloud.migrations.sites.agent import Agent
from govcloud.migrations.sites.laying import Taken, rewriting_for, settings_for, settings_of
from govcloud.migrations.sites.nginx import CLEAR, PASSES, SECURE, TREES, Site, whole_path
from govcloud.migrations.sites.place import SitePlace
from govcloud.migrations.sites.rewriting import Rewriting

SOON = timedelta(days=30)
_LOCAL = re.compile(r"(?:[a-z]+://)?(unix:|127\.|localhost|\[::1\])")
_NEEDED = re.compile(r"(?m)^(?:Requires|BindsTo|Requisite)=(.*)$")
_PROGRAM = re.compile(r"(?m)^ExecStart=[-@:+!|]*(/\S+)")


def examined(there: Agent, here: Agent, place: SitePlace, now: datetime) -> tuple[Finding, ...]:
    """What its settings, certificates and service ask for, and the platform has not."""
    site = there.site(place.moved.domain)
    files = there.read([*site.companions, *place.moved.configuration])
    whole = Taken(site, {path: held for path, held in files.items() if held is not None}, None)
    rewriting = rewriting_for(place, whole)
    found = [*of_servers(site, place, rewriting), *of_certificates(site, files, now), *of_files(files)]
    if place.moved.unit is not None:
        facts = there.unit(place.moved.unit)
        found += of_unit(facts, place, here)
        whole = Taken(site, whole.files, facts)
    found += of_rewrites(whole.texts, rewriting)
    if site.servers:
        found += of_platform(whole, place, rewriting, here)
    return tuple(found)


def of_servers(site: Site, place: SitePlace, rewriting: Rewriting) -> Iterator[Finding]:
    """What its servers say that the platform cannot do, or not yet."""
    name = site.domain
    if not site.servers:
        yield Finding(f"site {name}", Weight.BLOCKS, "nginx serves no such name there", "mend its name")
        return
    if not site.secured:
        remedy = "give it a certificate first: the shared machines are reached by https alone"
        yield Finding(f"site {name} in clear", Weight.BLOCKS, "it is not served over TLS", remedy)
    for port in site.ports:
        if port != SECURE:
            # Whoever asked in clear was sent on; other ports may have had users of their own.
            weight = Weight.NOTE if port == CLEAR else Weight.ACCEPT
            seen = "it is left behind: people reach the platform's machines at 443 alone"
            yield Finding(f"site {name} port {port}", weight, seen, "have them use https")
    for path in site.named(TREES):
        if rewriting.place_of(path.rstrip("/")) is None and not path.startswith("$"):
            remedy = "name it in the site's `content`, or in `files`"
            yield Finding(f"site {name} directory {path}", Weight.BLOCKS, "it does not move", remedy)
    for word in sorted(_backends(site)):
        if _LOCAL.match(word) and place.moved.unit is None:
            seen = f"what answers at {word} does not move"
            yield Finding(f"site {name} service", Weight.BLOCKS, seen, "name its `unit`")
        elif not _LOCAL.match(word):
            seen = "it hands requests on to there; see that the platform may reach it"
            yield Finding(f"site {name} hands on to {word}", Weight.NOTE, seen)


def _backends(site: Site) -> Iterator[str]:
    """Where requests are handed on to: an upstream's servers in the place of its name."""
    upstreams = {one["args"][0]: one for one in site.carried if one["directive"] == "upstream"}
    for one in site.every(PASSES):
        word = one["args"][0]
        host = word.rpartition("://")[2].partition("/")[0]
        inner = upstreams.get(host)
        yield from (
            [word] if inner is None else [i["args"][0] for i in inner["block"] if i["directive"] == "server"]
        )


def of_certificates(site: Site, files: Mapping[str, Any], now: datetime) -> Iterator[Finding]:
    """Each certificate lasts, is of this name, and has its key."""
    for server in site.servers:
        said = {one["directive"]: one["args"][0] for one in server["block"] if one["args"]}
        if "ssl_certificate" not in said:
            continue
        path = whole_path(said["ssl_certificate"])
        held, key = files.get(path), files.get(whole_path(said.get("ssl_certificate_key", "")))
        if held is None or key is None:
            yield Finding(f"certificate {path}", Weight.BLOCKS, "it or its key is not there", "mend it")
            continue
        yield from _certificate(path, held, key, site.domain, now)


def of_files(files: Mapping[str, Any]) -> Iterator[Finding]:
    """Every file that it names is there."""
    for path, held in sorted(files.items()):
        if held is None:
            yield Finding(f"file {path}", Weight.BLOCKS, "it is not there", "name what is there, or mend it")


def _certificate(
    path: str, held: Mapping[str, Any], key: Mapping[str, Any], domain: str, now: datetime
) -> Iterator[Finding]:
    name = f"certificate {path}"
    try:
        found = x509.load_pem_x509_certificate(base64.b64decode(held["text"]))
        private = load_pem_private_key(base64.b64decode(key["text"]), None)
    except (ValueError, TypeError) as error:
        yield Finding(
            name,
            Weight.BLOCKS,
            f"it cannot be read: {type(error).__name__}",
            "put PEM there, without a passphrase",
        )
        return
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if found.public_key().public_bytes(*form) != private.public_key().public_bytes(*form):
        yield Finding(name, Weight.BLOCKS, "its key is another one's", "put the right one there")
    if found.not_valid_after_utc < now:
        yield Finding(
            name, Weight.BLOCKS, f"it ended on {found.not_valid_after_utc:%Y-%m-%d}", "renew it first"
        )
    elif found.not_valid_after_utc < now + SOON:
        yield Finding(name, Weight.NOTE, f"it ends on {found.not_valid_after_utc:%Y-%m-%d}")
    if not any(_covers(one, domain) for one in _names_of(found)):
        yield Finding(name, Weight.ACCEPT, f"it is not of {domain}", "get one that is")


def _names_of(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return list(names.get_values_for_type(x509.DNSName))
    except x509.ExtensionNotFound:
        return []


def _covers(name: str, domain: str) -> bool:
    return name == domain or (name.startswith("*.") and domain.partition(".")[2] == name[2:])


def of_unit(facts: Mapping[str, Any], place: SitePlace, here: Agent) -> Iterator[Finding]:
    """The service can run on the platform: as an account of its own, with the programs that it starts."""
    unit = place.moved.unit
    if facts["LoadState"] != "loaded":
        yield Finding(f"service {unit}", Weight.BLOCKS, "systemd has no such service there", "mend its name")
        return
    if facts["User"] in ("", "root"):
        yield Finding(
            f"service {unit} as root",
            Weight.BLOCKS,
            "it runs as root, on a machine that others share",
            "give it an account of its own there first",
        )
    for program in _PROGRAM.findall(facts["text"]):
        if here.read([program])[program] is None:
            remedy = "have the platform's image bring it"
            yield Finding(
                f"program {program}",
                Weight.BLOCKS,
                f"{unit} starts it, and it is not on {place.machine}",
                remedy,
            )
    for line in _NEEDED.findall(facts["text"]):
        for other in line.split():
            if here.do("unit", unit=other)["LoadState"] != "loaded":
                remedy = f"rewrite that line of {facts['FragmentPath']}"
                yield Finding(
                    f"service {unit} needs {other}", Weight.BLOCKS, f"it is not on {place.machine}", remedy
                )


def of_rewrites(texts: Mapping[str, str], rewriting: Rewriting) -> Iterator[Finding]:
    """Everything that is declared to be rewritten is there."""
    for path, text in sorted(texts.items()):
        for one in rewriting.missing(path, text):
            yield Finding(
                f"rewrite in {path}",
                Weight.BLOCKS,
                f"it does not say `{_short(one)}`",
                "write what it says now",
            )


def _short(text: str) -> str:
    """A text of settings may hold what nobody is to read."""
    return text if len(text) <= 60 and "pass" not in text.lower() else f"{text[:12]}…"


def of_platform(taken: Taken, place: SitePlace, rewriting: Rewriting, here: Agent) -> Iterator[Finding]:
    """The platform's nginx takes its settings beside those that stand."""
    site, files = taken.site, {rewriting.moved[path]: held["text"] for path, held in taken.files.items()}
    fault = here.attempt(settings_for(site, place.name, rewriting), settings_of(place.name), files)
    if fault:
        seen = f"nginx on {place.machine} refuses its settings: {fault}"
        yield Finding(f"site {site.domain} settings", Weight.BLOCKS, seen, "mend them at the source")
