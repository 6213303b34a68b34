"""The Pulumi provider for OpenStack: kinds of resources, and sessions that make a cloud what is declared."""

import govcloud.local.forks  # noqa: F401
from govcloud.provider.cloud import Cloud
from govcloud.provider.cloud_error import CloudError
from govcloud.provider.difference import Difference, FieldChange, live_digest, worst
from govcloud.provider.host import Host
from govcloud.provider.intents import Intents, Sent
from govcloud.provider.kind import Change, Consequence, Field, Kind, Marker, Raw
from govcloud.provider.kinds import KINDS
from govcloud.provider.permits import Permit, Permits
from govcloud.provider.references import Declared
from govcloud.provider.servicer import address_of, kind_of
from govcloud.provider.session import Session

__all__ = [
    "KINDS",
    "Change",
    "Cloud",
    "CloudError",
    "Consequence",
    "Declared",
    "Difference",
    "Field",
    "FieldChange",
    "Host",
    "Intents",
    "Kind",
    "Marker",
    "Permit",
    "Permits",
    "Raw",
    "Sent",
    "Session",
    "address_of",
    "kind_of",
    "live_digest",
    "worst",
]
