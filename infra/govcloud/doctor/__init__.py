"""What works on this machine and in its clouds, what does not, and what to do about it."""

from govcloud.doctor.examination import examine
from govcloud.doctor.finding import Finding, State, exit_code

__all__ = ["Finding", "State", "examine", "exit_code"]
