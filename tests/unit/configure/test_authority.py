"""A plane's own certificate authority."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from govcloud.configure.authority import RENEW_DAYS, SERVER_DAYS, Authority
from govcloud.errors import ToolkitError

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ADDRESS = IPv4Address("10.0.0.5")


def verifies(authority: Authority, server: Path, name: str) -> bool:
    store = Store([x509.load_pem_x509_certificate(authority.file.read_bytes())])
    verifier = PolicyBuilder().store(store).time(NOW).build_server_verifier(x509.DNSName(name))
    try:
        verifier.verify(x509.load_pem_x509_certificate(server.read_bytes()), [])
    except VerificationError:
        return False
    return True


def test_it_vouches_for_the_names_it_was_told_and_no_other(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "one", NOW)
    server = authority.vouch("web", ["www.example.cn"], [ADDRESS])
    assert verifies(authority, server, "www.example.cn")
    assert not verifies(authority, server, "other.example.cn")


def test_no_plane_trusts_another_s(tmp_path: Path) -> None:
    one, other = Authority(tmp_path / "one", "one", NOW), Authority(tmp_path / "other", "other", NOW)
    assert not verifies(other, one.vouch("web", ["www.example.cn"], [ADDRESS]), "www.example.cn")


def test_a_certificate_stays_as_it_is_while_it_lasts(tmp_path: Path) -> None:
    before = Authority(tmp_path, "one", NOW).vouch("web", ["a.cn"], [ADDRESS]).read_text()
    assert Authority(tmp_path, "one", NOW).vouch("web", ["a.cn"], [ADDRESS]).read_text() == before


def test_it_is_made_anew_before_it_ends_and_when_its_names_change(tmp_path: Path) -> None:
    before = Authority(tmp_path, "one", NOW).vouch("web", ["a.cn"], [ADDRESS]).read_text()
    late = NOW + timedelta(days=SERVER_DAYS - RENEW_DAYS + 1)
    renewed = Authority(tmp_path, "one", late).vouch("web", ["a.cn"], [ADDRESS]).read_text()
    assert renewed != before
    assert Authority(tmp_path, "one", late).vouch("web", ["b.cn"], [ADDRESS]).read_text() != renewed


def test_keys_are_private(tmp_path: Path) -> None:
    Authority(tmp_path, "one", NOW).vouch("web", ["a.cn"], [ADDRESS])
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_a_key_that_is_none_is_told(tmp_path: Path) -> None:
    Authority(tmp_path, "one", NOW)
    (tmp_path / "authority.key").write_text("nothing")
    with pytest.raises(ToolkitError, match="the authority's key cannot be read"):
        Authority(tmp_path, "one", NOW)
