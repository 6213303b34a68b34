"""The air gap: one signed archive with all that a machine without a network needs.

All but `packing` uses Python's standard library alone: it travels beside the archive as a program of its own,
to a machine that has nothing yet.
"""

from govcloud.bundle.contents import Image, Manifest, Member
from govcloud.bundle.fitting import base_python, demand_site
from govcloud.bundle.installing import Installed, install
from govcloud.bundle.verifying import Verified, verify

__all__ = [
    "Image",
    "Installed",
    "Manifest",
    "Member",
    "Verified",
    "base_python",
    "demand_site",
    "install",
    "verify",
]
