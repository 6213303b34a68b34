"""What the verbs about machines share: the way to a plane's machines."""

from __future__ import annotations

from govcloud.configure import Access
from govcloud.engine import Site, operator_key
from govcloud.engine.secret_source import SecretSource
from govcloud.errors import ToolkitError
from govcloud.provider import Cloud


def access_of(site: Site, plane: str) -> Access:
    """The way to one plane's machines."""
    work = site.plane_work(plane)
    return Access(site.topology.site.id, site.topology.planes[plane], work.root, operator_key(work))


def cloud_of(site: Site, plane: str) -> Cloud:
    """The plane's cloud, as the account that provisions."""
    return Cloud(plane, site.plane_work(plane).clouds_file)


def secrets_of(site: Site, plane: str) -> SecretSource:
    """The plane's secrets."""
    return SecretSource(site.plane_work(plane))


def provisioned(site: Site) -> list[str]:
    """The planes that have a cloud of their own."""
    return [plane.id for plane in site.topology.planes.values() if plane.provisioned]


def plane_of(site: Site, machine: str) -> str:
    """The plane that has a machine of that name; where several have, `--plane` must have named one."""
    found = [plane for plane in provisioned(site) if machine in site.topology.planes[plane].machine]
    if not found:
        names = sorted({m.id for plane in provisioned(site) for m in access_of(site, plane).running})
        raise ToolkitError(
            f"there is no machine {machine}", str(site.inventory), f"name one that runs: {', '.join(names)}"
        )
    if len(found) > 1:
        raise ToolkitError(
            f"{machine} stands in {' and '.join(found)}",
            str(site.inventory),
            f"say which: --plane {found[0]}",
        )
    return found[0]
