"""What is replaced takes along those whose reference changes with it, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import struct_pb2

from govcloud.provider import KINDS, Declared, Difference
from govcloud.provider.references import References
from govcloud.provider.servicer import UNKNOWN, Servicer

SERVER = "extranet/core/machine"
KEY = "extranet/core/key"


class _Context:
    def abort(self, code: Any, text: str) -> None:
        raise AssertionError(text)


class _Session:
    """A session that sees no difference."""

    def difference(self, address: str, kind: Any, identifier: str, olds: Any) -> Difference:
        return Difference(address, kind, identifier)


class _Request:
    urn = "urn:pulumi:extranet.core::site::govcloud:openstack:server::machine"
    id = "1"

    def __init__(self, **news: Any) -> None:
        self.news, self.olds = struct_pb2.Struct(), struct_pb2.Struct()
        self.news.update(news)


@pytest.mark.parametrize(("field", "expected"), [("image", ["image"]), ("keypair", [])])
def test_a_server_is_rebuilt_for_another_image_but_not_for_another_key_of_the_same_name(
    field: str, expected: list[str]
) -> None:
    """The engine asks with an unknown value when what a field refers to is deleted before it is made again."""
    answer = Servicer(_Session()).Diff(_Request(**{field: UNKNOWN}), _Context())  # type: ignore[arg-type]
    assert list(answer.replaces) == expected
    assert list(answer.diffs) == expected


def _generation(public_key: str, name: str = "operator") -> str:
    declared = {
        KEY: Declared("keypair", {"name": name, "public_key": public_key}),
        SERVER: Declared("server", {"name": "machine", "keypair": KEY}),
    }
    return References("site", None, declared, None, {}).generation(SERVER)  # type: ignore[arg-type]


def test_a_generation_follows_the_name_of_the_key_and_not_the_key() -> None:
    assert _generation("one") == _generation("another")
    assert _generation("one") != _generation("one", "other-name")


def test_only_kinds_whose_id_is_a_field_say_so() -> None:
    assert {name for name, kind in KINDS.items() if kind.identity_field} == {"keypair"}
