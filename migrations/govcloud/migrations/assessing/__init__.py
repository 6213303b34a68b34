"""Looks at a host of today, over SSH and without leaving anything there, and says what can be moved."""

from govcloud.migrations.assessing.assessment import Assessment, read_assessment, write_assessment
from govcloud.migrations.assessing.drafting import SCHEMA, draft_move
from govcloud.migrations.assessing.judging import judge
from govcloud.migrations.assessing.looking import Ask, look_at
from govcloud.migrations.assessing.page import assessment_page

__all__ = [
    "SCHEMA",
    "Ask",
    "Assessment",
    "assessment_page",
    "draft_move",
    "judge",
    "look_at",
    "read_assessment",
    "write_assessment",
]
