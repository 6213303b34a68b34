"""What the verbs about machines share: the way to a plane's machines."""

from __future__ import annotations

from govcloud.configure import Access, MachineRun, Prepared, databases, prepare, run, trust, verify
from govcloud.configure.inventory import secret_names
from govcloud.engine import MachineStep, Plan, SecretSource, Site, TaskChange, operator_key
from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.progress import Progress
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
    return SecretSource(site.plane_work(plane), site.topology.site.secrets)


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


class Machines:
    """The machines that a plan speaks of: those that stand already and are not built anew by it."""

    def __init__(self, site: Site, plan: Plan, progress: Progress) -> None:
        self._site = site
        self._plane = plan.plane
        self._progress = progress
        self._new = {
            step.address.rpartition("/")[2]
            for step in plan.steps
            if step.kind == "server" and step.operation in ("create", "replace")
        }

    def check(self) -> tuple[MachineStep, ...]:
        """What configuring them would change now; ToolkitErrors where that cannot be told."""
        access = access_of(self._site, self._plane)
        names = tuple(machine.id for machine in access.running if machine.id not in self._new)
        if not names or access.bastion.id in self._new:
            return ()
        secrets = secrets_of(self._site, self._plane)
        made = run(self._ready(access, names), self._progress, names, check=True)
        if made.errors:
            raise ToolkitErrors(made.errors)
        hidden = [secrets.value(name) for name in secret_names(access)]
        return tuple(_machine_step(one, hidden) for one in made.machines)

    def configure(self, names: tuple[str, ...]) -> None:
        """Configure them, and look at them independently."""
        access = access_of(self._site, self._plane)
        made = run(self._ready(access, names), self._progress, names)
        if made.errors:
            raise ToolkitErrors(made.errors)
        looked = verify(self._site.topology, access, self._progress, names)
        wrong: list[ToolkitError] = [finding.error for finding in looked if not finding.holds]
        if wrong:
            raise ToolkitErrors(wrong)

    def _ready(self, access: Access, names: tuple[str, ...]) -> Prepared:
        needed = dict.fromkeys([access.bastion.id, *names, *databases_of(access, names)])
        machines = [access.machine(name) for name in needed]
        trust(access, cloud_of(self._site, self._plane), machines, self._progress)
        return prepare(self._site.topology, access, secrets_of(self._site, self._plane).value)


def _machine_step(made: MachineRun, hidden: list[str]) -> MachineStep:
    """A machine's part of a plan; a secret that a task shows all the same is not."""
    changes = [TaskChange(task, _masked(text, hidden)) for task, text in made.differences]
    return MachineStep(made.machine, tuple(changes), tuple(made.unchecked))


def _masked(text: str, hidden: list[str]) -> str:
    for secret in hidden:
        text = text.replace(secret, "(secret)")
    return text


def databases_of(access: Access, names: tuple[str, ...]) -> list[str]:
    """The machines that hold the applications' databases: what an application declares is written there."""
    return [
        database.machine.id
        for database in databases(access.plane)
        if any(application.id in names for application in database.applications)
    ]
