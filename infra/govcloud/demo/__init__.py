"""The demonstration: the whole city raised on the lab, told step by step, and proved at the end."""

from govcloud.demo.report import Report, report_text
from govcloud.demo.story import demonstrate

__all__ = ["Report", "demonstrate", "report_text"]
