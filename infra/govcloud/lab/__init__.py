"""A real OpenStack per plane on one machine, each in namespaces of its own."""

from govcloud.lab.builds import cache_root
from govcloud.lab.clouds import CLASSIFIED, CLOUDS, EXTRANET, LabCloud
from govcloud.lab.image import guest_image
from govcloud.lab.joining import join, unjoin
from govcloud.lab.lifecycle import CloudStatus, down, status, up
from govcloud.lab.offering import offer_image
from govcloud.lab.preflight import missing_packages, packages
from govcloud.lab.progress import Progress, Silent

__all__ = [
    "CLASSIFIED",
    "CLOUDS",
    "EXTRANET",
    "CloudStatus",
    "LabCloud",
    "Progress",
    "Silent",
    "cache_root",
    "down",
    "guest_image",
    "join",
    "missing_packages",
    "offer_image",
    "packages",
    "status",
    "unjoin",
    "up",
]
