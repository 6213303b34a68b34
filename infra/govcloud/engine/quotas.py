"""Counting what a plan adds to each project against what the project may hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from govcloud.errors import ToolkitError
from govcloud.provider import KINDS, Session

NETWORK = {
    "network": "network",
    "subnet": "subnet",
    "port": "port",
    "router": "router",
    "floating_ip": "floatingip",
    "security_group": "security_group",
}
"""Kinds that Neutron counts, by the name of their quota."""
Coming = Sequence[tuple[str, Mapping[str, Any]]]
"""What will be created: kinds, and fields with ids where there are any yet."""


def over_quota(session: Session, coming: Coming) -> Iterator[ToolkitError]:
    """What would not fit, project by project; a project to come has what is declared for it."""
    for add, stand, limits in (_network(session, coming), _compute(session, coming)):
        for (project, name), more in sorted(add.items(), key=str):
            limit = limits(project).get(name, -1)
            present = stand[(project, name)]
            if 0 <= limit < present + more:
                shown = session.references.named(project)
                yield ToolkitError(
                    f"{shown} may hold {limit} of {name}, has {present}, and would get {more} more",
                    f"cloud {session.cloud.name}",
                    "raise its quota in the plane's `quotas`, or declare fewer",
                )


class _Limits:
    """A project's limits: what is declared for it, else what the cloud says, asked once."""

    def __init__(self, session: Session, kind: str) -> None:
        self._session = session
        self._kind = KINDS[kind]
        self._known: dict[str, Mapping[str, int]] = {}
        references = session.references
        for one in references.declared.values():
            if one.kind == kind:
                fields = references.resolved(self._kind, one.inputs, strict=False)
                self._known[str(fields["project"])] = {k: v for k, v in fields.items() if k != "project"}

    def __call__(self, project: Any) -> Mapping[str, int]:
        key = str(project)
        declared = self._known.get(key, {})
        if not isinstance(project, str):
            return declared
        live = f"live {key}"
        if live not in self._known:
            self._known[live] = self._kind.read(self._session.cloud, project) or {}
        return {**self._known[live], **declared}


Counted = tuple[Counter[tuple[Any, str]], Counter[tuple[Any, str]], _Limits]


def _network(session: Session, coming: Coming) -> Counted:
    add: Counter[tuple[Any, str]] = Counter()
    for kind, values in coming:
        if kind in NETWORK:
            add[(values["project"], NETWORK[kind])] += 1
    stand: Counter[tuple[Any, str]] = Counter()
    for kind in {kind for kind, _ in coming} & NETWORK.keys():
        for raw in session.snapshot.index(KINDS[kind]).by_id.values():
            stand[(KINDS[kind].owner(raw), NETWORK[kind])] += 1
    return add, stand, _Limits(session, "network_quota")


def _compute(session: Session, coming: Coming) -> Counted:
    add: Counter[tuple[Any, str]] = Counter()
    stand: Counter[tuple[Any, str]] = Counter()
    servers = [values for kind, values in coming if kind == "server"]
    sizes = _sizes(session) if servers else {}
    for values in servers:
        _weigh(add, values["project"], sizes.get(str(values["flavor"]), (0, 0)))
    if servers:
        for raw in session.snapshot.index(KINDS["server"]).by_id.values():
            _weigh(stand, raw["tenant_id"], sizes.get(str(raw.get("flavor_id")), (0, 0)))
    return add, stand, _Limits(session, "compute_quota")


def _weigh(counter: Counter[tuple[Any, str]], project: Any, size: tuple[int, int]) -> None:
    counter[(project, "instances")] += 1
    counter[(project, "cores")] += size[0]
    counter[(project, "ram")] += size[1]


def _sizes(session: Session) -> dict[str, tuple[int, int]]:
    """Cores and MiB of memory of each flavor: by id where it stands, else by what is declared."""
    kind = KINDS["flavor"]
    found = {
        identifier: (int(raw["vcpus"]), int(raw["ram"]))
        for identifier, raw in session.snapshot.index(kind).by_id.items()
    }
    references = session.references
    for address, one in references.declared.items():
        if one.kind == "flavor" and references.identifier(address) is None:
            absent = references.resolved(KINDS["server"], {"flavor": address}, strict=False)["flavor"]
            found[str(absent)] = (int(one.inputs["vcpus"]), int(one.inputs["ram"]))
    return found
