"""Every kind created amid every fault between us and the cloud; in the end one object stands, each time.

The control does the same for kinds whose copies the cloud takes, with adoption switched off, and must show
copies. The lab must be down: the bench brings up a cloud.

    ./dev bench faults
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import yaml
from _figures import Figure, finish

from govcloud.errors import ToolkitError
from govcloud.lab import CLOUDS, EXTRANET, down, status, up
from govcloud.provider import KINDS, Cloud, Declared, Session
from integration.conftest import ROOT, connect
from integration.provider.injecting import FAULTS, between, create_amid, remove
from integration.provider.world import World, addressed

COPIED = ("router", "security_group", "address_group", "qos_policy", "server_group")
"""Kinds of which the cloud takes a second, identical object."""
CASES = {path.stem: yaml.safe_load(path.read_text()) for path in (ROOT / "tests/cases/kinds").glob("*.yaml")}


def amid_faults(
    work: Path, kinds: tuple[str, ...], faults: tuple[str, ...]
) -> Iterator[tuple[str, str, int | str]]:
    """Kind, fault, and how many objects stood in the end; or what went wrong."""
    clouds_file = work / "extranet" / "clouds.yaml"
    world = World(clouds_file, Path(tempfile.mkdtemp(dir=work)))
    world.build()
    try:
        with between(connect(work, "extranet"), clouds_file, world.folder) as way:
            spoiled = Cloud("extranet", way.clouds_file, world.cloud.image_files, pause=0.02)
            for name in kinds:
                for fault in faults:
                    try:
                        address, _, _, standing = create_amid(
                            world, spoiled, way, name, CASES[name]["create"], fault
                        )
                    except ToolkitError as error:
                        yield name, fault, str(error)
                        continue
                    yield name, fault, standing
                    _clear(world, address, name)
    finally:
        world.clear()


def _clear(world: World, address: str, name: str) -> None:
    """Take away whatever stands for an address."""
    inputs = CASES[name]["create"]

    session = world.session({address: Declared(name, addressed(inputs))})
    for raw in session.standing(address, KINDS[name]):
        remove(world, address, KINDS[name], KINDS[name].identity(raw))


def main() -> None:
    """Every kind and fault, then the control."""
    if any(cloud.stands for cloud in status(CLOUDS)):
        raise SystemExit("the lab stands; the bench needs a cloud of its own: `./dev run lab down` first")
    wrong: Counter[str] = Counter()
    injected = 0
    with tempfile.TemporaryDirectory(prefix="govcloud-bench-") as folder:
        work = Path(folder)
        try:
            up(work, [EXTRANET])
            for name, fault, found in amid_faults(work, tuple(sorted(KINDS)), tuple(FAULTS)):
                injected += 1
                if found != 1:
                    wrong["failed" if isinstance(found, str) else "missing" if found == 0 else "twice"] += 1
                    print(f"{name}, {fault}: {found}", flush=True)
            real, Session._left_behind = Session._left_behind, lambda *_: None  # type: ignore[method-assign]
            try:
                control = list(amid_faults(work, COPIED, ("lost answer", "late create")))
            finally:
                Session._left_behind = real  # type: ignore[method-assign]
        finally:
            down(work, [EXTRANET])
    copies = sum(found == 2 for _, _, found in control)
    finish(
        [
            Figure("faults injected", injected, "", 200, "higher"),
            *(Figure(f"objects {what}", wrong[what], "", 0) for what in ("twice", "missing", "failed")),
            Figure(f"control: copies in {len(control)} faults", copies, "", 1, "higher"),
        ]
    )


if __name__ == "__main__":
    main()
