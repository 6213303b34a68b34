"""Plans moves before anything moves: what takes how long, what goes together, and on which night."""

from govcloud.migrations.planning.prediction import Duration, Load, Rates, predict
from govcloud.migrations.planning.waves import PlannedMove, Wave, plan_waves

__all__ = ["Duration", "Load", "PlannedMove", "Rates", "Wave", "plan_waves", "predict"]
