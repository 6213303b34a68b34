"""The peer is asked for the same objects as we are: the translation of stacks to Terraform's JSON."""

from __future__ import annotations

import json
import re
from collections import Counter

from bench._hcl import TYPES, configuration
from bench._objects import kinds_of, stacks_of

STACKS = stacks_of(200)
DOCUMENT = json.loads(configuration(STACKS, "extranet"))


def test_both_sides_create_the_same_number_of_every_kind() -> None:
    kinds = {type_: kind for kind, (type_, _) in TYPES.items()}
    assert Counter({kinds[type_]: len(made) for type_, made in DOCUMENT["resource"].items()}) == kinds_of(
        STACKS
    )


def test_every_reference_names_a_resource_that_stands_in_the_configuration() -> None:
    known = {f"{type_}.{label}" for type_, made in DOCUMENT["resource"].items() for label in made}
    found = re.findall(r"\$\{([^}]+)\.id\}", json.dumps(DOCUMENT))
    assert len(found) > len(known)
    assert set(found) <= known


def test_no_address_of_ours_is_left() -> None:
    assert "extranet/" not in json.dumps(DOCUMENT["resource"])


def test_the_size_is_what_was_asked_for_within_a_segment() -> None:
    for size in (50, 700, 2500):
        assert abs(kinds_of(stacks_of(size)).total() - size) <= 6
