"""The demonstration's machines: trusted by the keys that their cloud reports, configured, and looked at."""

from __future__ import annotations

from collections.abc import Callable

from govcloud.configure.access import Access
from govcloud.configure.hostkeys import trust
from govcloud.configure.preparing import prepare
from govcloud.configure.running import run
from govcloud.configure.verifying import verify
from govcloud.engine import SecretSource, Setting, Site, each_plane, operator_key
from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.progress import Progress
from govcloud.provider import Cloud


def access_of(site: Site, plane: str) -> Access:
    """The way to one plane's machines."""
    work = site.plane_work(plane)
    return Access(site.topology.site.id, site.topology.planes[plane], work.root, operator_key(work))


def configure_all(
    site: Site, settings: list[Setting], progress: Progress, say: Callable[[str], None]
) -> None:
    """Configure every plane's machines side by side and look at them; ToolkitErrors if one is not right."""
    for text in each_plane(settings, lambda setting: _configure(site, setting, progress)):
        say(text)


def _configure(site: Site, setting: Setting, progress: Progress) -> str:
    access = access_of(site, setting.plane)
    cloud = Cloud(setting.plane, setting.work.clouds_file)
    trust(access, cloud, access.running, progress)
    prepared = prepare(site.topology, access, SecretSource(setting.work, setting.secrets).value)
    done = run(prepared, progress)
    if done.errors:
        raise ToolkitErrors(done.errors)
    findings = verify(site.topology, access, progress)
    wrong: list[ToolkitError] = [finding.error for finding in findings if not finding.holds]
    if wrong:
        raise ToolkitErrors(wrong)
    changed = sum(len(machine.changed) for machine in done.machines)
    return (
        f"{setting.plane}: {len(done.machines)} machines configured ({changed} changes), "
        f"{len(findings)} checks of their verifiers hold"
    )
