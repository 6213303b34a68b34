"""One system's move as a whole: all of its parts copied, followed, taken home again or finished."""

from govcloud.migrations.moves.bulk import begin
from govcloud.migrations.moves.home import bring_home
from govcloud.migrations.moves.mover import Alone, Mover
from govcloud.migrations.moves.nearing import draw_near
from govcloud.migrations.moves.standing import FINAL, Stand, Standing, standing_of

__all__ = ["FINAL", "Alone", "Mover", "Stand", "Standing", "begin", "bring_home", "draw_near", "standing_of"]
