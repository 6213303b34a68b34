"""Drift: every difference between the declaration and the cloud, from one complete list of each kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from govcloud.engine.derived import Derived
from govcloud.engine.plan import FieldStep
from govcloud.engine.setting import Setting
from govcloud.engine.state import held_in
from govcloud.errors import ToolkitError
from govcloud.progress import Progress
from govcloud.provider import KINDS, Kind, Raw, Session
from govcloud.provider.markers import address_in

CHANGED, MISSING, COPIED, ORPHANED, FOREIGN = "changed", "missing", "copied", "orphaned", "foreign"
REMEDIES = {
    CHANGED: "`govcloud plan` takes it back; to accept it, declare it so",
    MISSING: "`govcloud plan` makes it again; to accept it, retire what declares it",
    COPIED: "look at them in the cloud and delete all but one",
    ORPHANED: "delete it, or declare it again: it bears our marker, and nothing declares it",
    FOREIGN: "delete it, or name it in an adoption: nobody has declared it, and it lies in a project of ours",
}


@dataclass(frozen=True)
class Drifted:
    """One finding. `address` is empty for what nobody declares; `where` is the place in the inventory."""

    what: str
    kind: str
    address: str
    identifier: str
    name: str
    fields: tuple[FieldStep, ...] = ()
    where: str = ""

    @property
    def remedy(self) -> str:
        """The next thing to do."""
        return REMEDIES[self.what] + (f" ({self.where})" if self.where else "")

    def document(self) -> dict[str, Any]:
        """As JSON data."""
        fields = [{**asdict(one), "consequence": one.consequence.value} for one in self.fields]
        return {**asdict(self), "fields": fields, "remedy": self.remedy}


@dataclass(frozen=True)
class Drift:
    """What was found in one plane, and how much was compared."""

    plane: str
    found: tuple[Drifted, ...]
    objects: int
    properties: int
    unreadable: int
    """Declared values that no API tells: passwords."""


def find_drift(setting: Setting, progress: Progress) -> Drift:
    """Compare everything that is declared with what stands, and look for what nobody has declared."""
    name = f"drift {setting.plane}"
    progress.step(name)
    state = setting.state()
    where = {stack.address(one.name): one.where for stack in setting.stacks for one in stack.resources}
    with setting.looking(state) as session:
        found = drift_of(session, setting.plane, held_in(state), where)
    progress.done(name)
    return found


def drift_of(session: Session, plane: str, held: Mapping[str, str], where: Mapping[str, str]) -> Drift:
    """The drift that a session sees; `held` are the state's ids, `where` places in the inventory."""
    looking = _Looking(session, plane, held, where)
    found = [*looking.declared(), *looking.undeclared()]
    found.sort(key=lambda one: (one.what, one.address, one.kind, one.identifier))
    return Drift(plane, tuple(found), looking.objects, looking.properties, looking.unreadable)


class _Looking:
    def __init__(
        self, session: Session, plane: str, held: Mapping[str, str], where: Mapping[str, str]
    ) -> None:
        self._session = session
        self._plane = plane
        self._held = held
        self._where = where
        self._known: dict[str, set[str]] = {name: set() for name in KINDS}
        self.objects = self.properties = self.unreadable = 0
        for address, identifier in held.items():
            if address in session.references.declared:
                session.references.know(address, identifier)

    def declared(self) -> Iterator[Drifted]:
        """What is declared, and is otherwise or not there."""
        for address, declared in self._session.references.declared.items():
            kind = KINDS[declared.kind]
            standing = self._standing(address, kind)
            self._known[kind.name].update(kind.identity(raw) for raw in standing)
            if len(standing) == 1:
                yield from self._compared(address, kind, kind.identity(standing[0]))
            elif standing:
                ids = ", ".join(f"{kind.identity(raw)} in {kind.owner(raw)}" for raw in standing)
                yield Drifted(COPIED, kind.name, address, ids, "", where=self._where.get(address, ""))
            else:
                yield Drifted(MISSING, kind.name, address, "", "", where=self._where.get(address, ""))

    def _standing(self, address: str, kind: Kind) -> list[Raw]:
        """The objects that stand for an address: by marker or key, and the one that the state holds."""
        found = self._session.standing(address, kind)
        if found or not kind.listed:
            return found
        raw = self._session.snapshot.index(kind).by_id.get(self._held.get(address, ""))
        return [] if raw is None else [raw]

    def _compared(self, address: str, kind: Kind, identifier: str) -> Iterator[Drifted]:
        inputs = self._session.references.declared_inputs(address)
        secret = {one.name for one in kind.fields if one.write_only} & inputs.keys()
        self.objects += 1
        self.unreadable += len(secret)
        self.properties += len(inputs) - len(secret)
        difference = self._session.difference(address, kind, identifier, {})
        named = self._session.references.named
        fields = tuple(
            FieldStep(change.field.name, named(change.live), named(change.wanted), change.field.costs)
            for change in difference.changes
            if not change.field.write_only
        )
        if difference.missing:
            yield Drifted(MISSING, kind.name, address, identifier, "", where=self._where.get(address, ""))
        elif fields:
            yield Drifted(CHANGED, kind.name, address, identifier, "", fields, self._where.get(address, ""))

    def undeclared(self) -> Iterator[Drifted]:
        """What stands and nobody has declared: with our marker, or in a project of ours."""
        derived = Derived(self._session)
        for kind in KINDS.values():
            if not kind.listed:
                continue
            for identifier, raw in self._session.snapshot.index(kind).by_id.items():
                if identifier not in self._known[kind.name]:
                    yield from self._unknown(kind, identifier, raw, derived)

    def _unknown(self, kind: Kind, identifier: str, raw: Raw, derived: Derived) -> Iterator[Drifted]:
        if derived.made_by_the_cloud(kind, raw):
            return
        address = address_in(kind.marker(raw), self._session.references.site) or ""
        name = str(raw.get("name") or "")
        if address.startswith(f"{self._plane}/"):
            yield Drifted(ORPHANED, kind.name, address, identifier, name)
        elif derived.is_in_a_project_of_ours(kind, raw):
            yield Drifted(FOREIGN, kind.name, "", identifier, name)


def demand_known(setting: Setting) -> None:
    """Refuse to look for drift where nothing has ever been applied: all would be missing."""
    if not setting.state():
        raise ToolkitError(
            "nothing has been applied to it yet",
            f"plane {setting.plane}",
            "run `govcloud plan`, then apply it",
        )
