"""The Pulumi CLI in the version that the project is made for: found, fetched, or built."""

from govcloud.toolchain.go import locate_go
from govcloud.toolchain.pulumi import SETTING, VERSION, Found, find_pulumi, locate_pulumi

__all__ = ["SETTING", "VERSION", "Found", "find_pulumi", "locate_go", "locate_pulumi"]
