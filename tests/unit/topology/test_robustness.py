"""Whatever is done to an inventory, loading answers with a topology or with errors, never a traceback."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govcloud.errors import ToolkitError
from govcloud.stacks import compile_topology
from govcloud.topology import indicators, load, rows
from govcloud.topology.document import read

MINIMAL = Path(__file__).parents[3] / "inventories" / "minimal"
FILES = sorted(path.relative_to(MINIMAL) for path in MINIMAL.rglob("*.yaml"))


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


DATA = {file: read(MINIMAL / file).value for file in FILES}
WORDS = sorted({str(at(DATA[file], place)) for file in FILES for place in places(DATA[file])})
VALUES = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(
        [None, 0, -1, 10**12, True, "", "*", "/", "units/", "townships/x/*", "0.0.0.0/0", "10.0.0.0/8"]
    ),
    st.sampled_from([[], {}, [[]], {"id": "x"}, ["units/*"], [{"id": "x", "name_zh": "某"}]]),
    st.text(max_size=20),
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("robustness") / "site"
    shutil.copytree(MINIMAL, directory)
    return directory


@given(
    st.sampled_from(FILES), st.integers(0, 10_000), VALUES, st.sampled_from(["replace", "remove", "repeat"])
)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_loading_never_ends_in_a_traceback(
    root: Path, name: Path, number: int, value: Any, deed: str
) -> None:
    changed = read(MINIMAL / name).value
    every = list(places(changed))
    place = every[number % len(every)]
    holder = at(changed, place[:-1])
    if deed == "remove":
        del holder[place[-1]]
    elif deed == "repeat" and isinstance(holder, list):
        holder.append(holder[place[-1]])  # type: ignore[index]
    else:
        holder[place[-1]] = value
    (root / name).write_text(yaml.safe_dump(changed, allow_unicode=True), encoding="utf-8")
    try:
        topology = load(root)
        assert compile_topology(topology)
        assert rows(topology)
        assert indicators(topology)
    except ToolkitError as error:
        assert all(part.remedy for part in error.parts())
    finally:
        shutil.copyfile(MINIMAL / name, root / name)
