"""The inventory's files read into things, before anything is checked across files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from govcloud.errors import ToolkitError, Where
from govcloud.topology import document, hosted, moving
from govcloud.topology.common import Blueprint, County, Indicators, Requirements, Site, Unit
from govcloud.topology.document import Document
from govcloud.topology.faults import translate
from govcloud.topology.lock import Lock
from govcloud.topology.plane import Egress, Plane
from govcloud.topology.thing import Lasting, Thing

Model = TypeVar("Model", bound=BaseModel)
AThing = TypeVar("AThing", bound=Thing)

SITE_FILES = ("site.yaml", "requirements.yaml", "indicators.yaml")
SITE_DIRECTORIES = ("units", "counties", "blueprints")
PLANE_FILES = ("plane.yaml", "addresses.lock.yaml")
PLANE_DIRECTORIES: Mapping[str, type[Thing]] = {
    "adoptions": hosted.Adoption,
    "approvals": hosted.Approval,
    "conferences": hosted.Conference,
    "egress": Egress,
    "flows": hosted.DeclaredFlow,
    "hosts": moving.LegacyHost,
    "imports": hosted.Import,
    "machines": hosted.PlatformMachine,
    "moves": moving.Move,
    "segments": hosted.PlatformSegment,
    "systems": hosted.System,
    "websites": hosted.Website,
}


@dataclass
class DeclaredPlane:
    """One plane's things, by id."""

    id: str
    directory: Path
    plane: Plane | None = None
    lock: Lock = field(default_factory=Lock)
    egress: dict[str, Egress] = field(default_factory=dict)
    segments: dict[str, hosted.PlatformSegment] = field(default_factory=dict)
    machines: dict[str, hosted.PlatformMachine] = field(default_factory=dict)
    systems: dict[str, hosted.System] = field(default_factory=dict)
    flows: dict[str, hosted.DeclaredFlow] = field(default_factory=dict)
    conferences: dict[str, hosted.Conference] = field(default_factory=dict)
    imports: dict[str, hosted.Import] = field(default_factory=dict)
    websites: dict[str, hosted.Website] = field(default_factory=dict)
    approvals: dict[str, hosted.Approval] = field(default_factory=dict)
    adoptions: dict[str, hosted.Adoption] = field(default_factory=dict)
    hosts: dict[str, moving.LegacyHost] = field(default_factory=dict)
    moves: dict[str, moving.Move] = field(default_factory=dict)

    def things(self) -> Iterator[tuple[str, Thing]]:
        """Every thing beside the plane itself, with the name of its directory."""
        for name in PLANE_DIRECTORIES:
            yield from ((name, thing) for thing in getattr(self, name).values())

    def renamed(self) -> dict[str, tuple[str, ...]]:
        """The former ids of its renamed things."""
        return _renamed(thing for _, thing in self.things())


@dataclass
class Declared:
    """Everything the files say, and every fault found while reading them."""

    directory: Path
    site: Site | None = None
    requirements: Requirements | None = None
    requirements_document: Document | None = None
    indicators: Indicators | None = None
    units: dict[str, Unit] = field(default_factory=dict)
    counties: dict[str, County] = field(default_factory=dict)
    blueprints: dict[str, Blueprint] = field(default_factory=dict)
    planes: dict[str, DeclaredPlane] = field(default_factory=dict)
    all_planes: tuple[str, ...] = ()
    broken: set[str] = field(default_factory=set)
    """Ids of things that could not be read: nothing is said about references to them."""
    unread: set[tuple[str, ...]] = field(default_factory=set)
    """Directories, as parts of their path in the inventory, in which a file could not be read."""
    ambiguous: set[str] = field(default_factory=set)
    """Ids that stand for more than one member of the rosters."""
    errors: list[ToolkitError] = field(default_factory=list)

    def common(self) -> Iterator[tuple[str, Thing]]:
        """Every thing of the rosters and blueprints, with the name of its directory."""
        for name in SITE_DIRECTORIES:
            yield from ((name, thing) for thing in getattr(self, name).values())

    def renamed(self) -> dict[str, tuple[str, ...]]:
        """The former ids of renamed units and counties."""
        return _renamed(thing for _, thing in self.common())


def _renamed(things: Iterator[Thing]) -> dict[str, tuple[str, ...]]:
    return {thing.id: thing.moved_from for thing in things if isinstance(thing, Lasting) and thing.moved_from}


def read(directory: Path, planes: Sequence[str] | None = None) -> Declared:
    """Read an inventory's files. Faults are collected in the result; only a missing directory is raised."""
    if not directory.is_dir():
        raise ToolkitError(
            "no such inventory directory",
            str(directory),
            "name an inventory with --inventory, or start one: govcloud init",
        )
    return _Reader(directory).run(planes)


class _Reader:
    def __init__(self, directory: Path) -> None:
        self.declared = Declared(directory)
        self.directory = directory

    def run(self, planes: Sequence[str] | None) -> Declared:
        declared = self.declared
        declared.site = self._file(self.directory / "site.yaml", Site)
        if (self.directory / "requirements.yaml").exists():
            declared.requirements = self._file(self.directory / "requirements.yaml", Requirements)
        if (self.directory / "indicators.yaml").exists():
            declared.indicators = self._file(self.directory / "indicators.yaml", Indicators)
        declared.units = self._things(self.directory / "units", Unit)
        declared.counties = self._things(self.directory / "counties", County)
        declared.blueprints = self._things(self.directory / "blueprints", Blueprint)
        declared.ambiguous = self._ambiguous()
        found = self._plane_directories()
        declared.all_planes = tuple(found)
        for name in self._wanted(found, planes):
            declared.planes[name] = self._plane(self.directory / name)
        return declared

    def _ambiguous(self) -> set[str]:
        declared = self.declared
        townships = [township.id for county in declared.counties.values() for township in county.townships]
        times = Counter([*declared.units, *declared.counties, *townships])
        return {name for name, count in times.items() if count > 1}

    def _plane_directories(self) -> list[str]:
        entries = [entry for entry in sorted(self.directory.iterdir()) if not entry.name.startswith(".")]
        self._strays([entry for entry in entries if not entry.is_dir()], SITE_FILES)
        return [entry.name for entry in entries if entry.is_dir() and entry.name not in SITE_DIRECTORIES]

    def _wanted(self, found: Sequence[str], planes: Sequence[str] | None) -> Sequence[str]:
        if planes is None:
            if not found:
                self._fault(
                    "the inventory has no plane",
                    Where(self.directory / "site.yaml"),
                    "add <plane>/plane.yaml",
                )
            return found
        for name in planes:
            if name not in found:
                what = f"there is no plane `{name}` here"
                self._fault(what, str(self.directory), f"planes here: {', '.join(found) or 'none'}")
        return [name for name in found if name in planes]

    def _plane(self, directory: Path) -> DeclaredPlane:
        plane = DeclaredPlane(directory.name, directory)
        plane.plane = self._file(directory / "plane.yaml", Plane)
        if plane.plane is not None and plane.plane.id != directory.name:
            what = f"plane `{plane.plane.id}` stands in directory `{directory.name}`"
            self._fault(what, plane.plane.where("id"), "give the directory the plane's id")
        lock = directory / "addresses.lock.yaml"
        if lock.exists():
            read_ = self._document(lock, Lock)
            if read_ is not None:
                plane.lock = read_[0]
                plane.lock.bind(read_[1])
        for name, model in PLANE_DIRECTORIES.items():
            setattr(plane, name, self._things(directory / name, model))
        entries = [entry for entry in sorted(directory.iterdir()) if not entry.name.startswith(".")]
        self._strays(
            [entry for entry in entries if entry.name not in PLANE_DIRECTORIES or not entry.is_dir()],
            PLANE_FILES,
        )
        return plane

    def _things(self, directory: Path, model: type[AThing]) -> dict[str, AThing]:
        if not directory.is_dir():
            return {}
        things: dict[str, AThing] = {}
        entries = [entry for entry in sorted(directory.iterdir()) if not entry.name.startswith(".")]
        self._strays([entry for entry in entries if entry.suffix != ".yaml" or entry.is_dir()], ())
        misnamed: list[AThing] = []
        for file in (entry for entry in entries if entry.suffix == ".yaml" and not entry.is_dir()):
            thing = self._file(file, model)
            if thing is None:
                continue
            if thing.id == file.stem:
                things[thing.id] = thing
            else:
                misnamed.append(thing)
        for thing in misnamed:
            self._misnamed(thing, things)
        return things

    def _misnamed(self, thing: AThing, things: dict[str, AThing]) -> None:
        other = things.get(thing.id)
        if other is not None:
            what = f"id `{thing.id}` is also that of {other.where('id')}"
            self._fault(what, thing.where("id"), "give one of the two another id, and its file the same name")
            return
        things[thing.id] = thing
        file = thing.where().file
        what = f"id `{thing.id}` stands in a file named {file.name}"
        self._fault(what, thing.where("id"), f"rename the file to {thing.id}.yaml, or correct the id")

    def _file(self, file: Path, model: type[Model]) -> Model | None:
        read_ = self._document(file, model)
        if read_ is None:
            return None
        value, document_ = read_
        if isinstance(value, Thing):
            value.bind(document_)
        if isinstance(value, Requirements):
            self.declared.requirements_document = document_
        return value

    def _document(self, file: Path, model: type[Model]) -> tuple[Model, Document] | None:
        try:
            document_ = document.read(file)
        except ToolkitError as error:
            self._broken(file)
            self.declared.errors.append(error)
            return None
        try:
            return model.model_validate(document_.value), document_
        except ValidationError as error:
            self._broken(file, document_)
            self.declared.errors.extend(translate(document_, error, model))
            return None

    def _broken(self, file: Path, document_: Document | None = None) -> None:
        self.declared.broken.add(file.stem)
        self.declared.unread.add(file.parent.relative_to(self.directory).parts)
        value = document_.value if document_ is not None else None
        if not isinstance(value, dict):
            return
        townships = value.get("townships")
        parts = [value, *(townships if isinstance(townships, list) else [])]
        self.declared.broken.update(
            str(part["id"]) for part in parts if isinstance(part, dict) and "id" in part
        )

    def _strays(self, entries: Sequence[Path], known: Sequence[str]) -> None:
        for entry in entries:
            if entry.name in known or entry.suffix == ".md":
                continue
            what = "is not a file that an inventory has here"
            remedy = (
                f"known here: {', '.join(known)}" if known else "one <id>.yaml per thing; move or remove it"
            )
            if not known:
                self._fault(what, Where(entry), remedy)
                continue
            directories = PLANE_DIRECTORIES if known is PLANE_FILES else SITE_DIRECTORIES
            self._fault(what, Where(entry), f"{remedy}, and the directories {', '.join(directories)}")

    def _fault(self, what: str, where: Where | str, remedy: str) -> None:
        self.declared.errors.append(ToolkitError(what, where, remedy))
