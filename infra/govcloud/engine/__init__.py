"""Plan, apply and their records: drives Pulumi's engine over the provider."""

import govcloud.local.forks  # noqa: F401
from govcloud.engine.applying import Applied, apply_plan
from govcloud.engine.backend import Backend
from govcloud.engine.census import Census, take_census
from govcloud.engine.folder import read_plan, write_plan
from govcloud.engine.keys import operator_key
from govcloud.engine.plain import run_pulumi
from govcloud.engine.plan import Plan, Step
from govcloud.engine.planning import make_plan
from govcloud.engine.setting import Setting
from govcloud.engine.site import Site, each_plane
from govcloud.engine.state import read_state
from govcloud.engine.workdir import PlaneWork, WorkDirectory

__all__ = [
    "Applied",
    "Backend",
    "Census",
    "Plan",
    "PlaneWork",
    "Setting",
    "Site",
    "Step",
    "WorkDirectory",
    "apply_plan",
    "each_plane",
    "make_plan",
    "operator_key",
    "read_plan",
    "read_state",
    "run_pulumi",
    "take_census",
    "write_plan",
]
