"""Plan, approve, apply, drift, adopt and their records: drives Pulumi's engine over the provider."""

import govcloud.local.forks  # noqa: F401
from govcloud.engine.adopting import Adopted, adopt
from govcloud.engine.applying import Applied, apply_plan, required_signatures
from govcloud.engine.approvals import approve, demand_readable
from govcloud.engine.backend import Backend
from govcloud.engine.census import Census, take_census
from govcloud.engine.drift import Drift, Drifted, demand_known, find_drift
from govcloud.engine.folder import PlanFolder, read_plan, write_plan
from govcloud.engine.history import History
from govcloud.engine.journal import open_creates
from govcloud.engine.keys import new_key, operator_key, public_half
from govcloud.engine.leases import holders
from govcloud.engine.page import plan_summary
from govcloud.engine.plain import run_pulumi
from govcloud.engine.plan import MachineStep, Plan, Step, TaskChange
from govcloud.engine.planning import make_plan
from govcloud.engine.secret_source import SecretSource
from govcloud.engine.setting import Setting
from govcloud.engine.site import Site, each_plane
from govcloud.engine.state import read_state
from govcloud.engine.stores import Store, StoreError, open_store
from govcloud.engine.workdir import PlaneWork, WorkDirectory

__all__ = [
    "Adopted",
    "Applied",
    "Backend",
    "Census",
    "Drift",
    "Drifted",
    "History",
    "MachineStep",
    "Plan",
    "PlanFolder",
    "PlaneWork",
    "SecretSource",
    "Setting",
    "Site",
    "Step",
    "Store",
    "StoreError",
    "TaskChange",
    "WorkDirectory",
    "adopt",
    "apply_plan",
    "approve",
    "demand_known",
    "demand_readable",
    "each_plane",
    "find_drift",
    "holders",
    "make_plan",
    "new_key",
    "open_creates",
    "open_store",
    "operator_key",
    "plan_summary",
    "public_half",
    "read_plan",
    "read_state",
    "required_signatures",
    "run_pulumi",
    "take_census",
    "write_plan",
]
