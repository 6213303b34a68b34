"""Plans moves before anything moves: what takes how long, what goes together, and on which night."""

from govcloud.migrations.planning.candidates import candidates, closed_days
from govcloud.migrations.planning.needs import host_of
from govcloud.migrations.planning.nights import Night, nights
from govcloud.migrations.planning.page import plan_document, plan_page
from govcloud.migrations.planning.prediction import Duration, Load, Rates, predict
from govcloud.migrations.planning.waves import Candidate, PlannedMove, Wave, plan_waves

__all__ = [
    "Candidate",
    "Duration",
    "Load",
    "Night",
    "PlannedMove",
    "Rates",
    "Wave",
    "candidates",
    "closed_days",
    "host_of",
    "nights",
    "plan_document",
    "plan_page",
    "plan_waves",
    "predict",
]
