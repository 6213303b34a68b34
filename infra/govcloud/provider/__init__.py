"""The Pulumi provider for OpenStack: kinds of resources, and sessions that make a cloud what is declared."""

import govcloud.local.forks  # noqa: F401
from govcloud.provider.cloud import Cloud, CloudError
from govcloud.provider.host import Host
from govcloud.provider.intents import Intents, open_intents
from govcloud.provider.kind import Change, Consequence, Field, Kind, Marker
from govcloud.provider.kinds import KINDS
from govcloud.provider.permits import Permit, Permits
from govcloud.provider.references import Declared
from govcloud.provider.servicer import address_of, kind_of
from govcloud.provider.session import Difference, FieldChange, Session, worst

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
    "Session",
    "address_of",
    "kind_of",
    "open_intents",
    "worst",
]
