"""The Pulumi CLI in the version that the project is made for: found, fetched, or built."""

from govcloud.toolchain.pulumi import VERSION, Found, find_pulumi

__all__ = ["VERSION", "Found", "find_pulumi"]
