"""What a cloud can answer that is no answer, told as one clear error."""

from __future__ import annotations

import re
from typing import Any

from keystoneauth1 import exceptions as auth_errors

from govcloud.errors import ToolkitError

RETRIED = frozenset({429, 500, 502, 503, 504})
"""Answers after which a request that changes nothing, or was not taken, is sent again."""
NOT_TAKEN = frozenset({429, 503})
"""Answers that say that the server did not act: safe to repeat even for a create."""


class CloudError(ToolkitError):
    """A cloud that did not answer, refused, or answered nonsense. `status` is its HTTP status, if any."""

    def __init__(self, what: str, where: str, remedy: str, status: int = 0) -> None:
        super().__init__(what, where, remedy)
        self.status = status


def unreachable(where: str, what: str, error: Exception) -> CloudError:
    """The error for a request that was not answered: no way there, no login, no trust."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    if isinstance(error, auth_errors.Unauthorized):
        return CloudError(f"{what}: {text}", where, "check user and password in clouds.yaml", 401)
    if isinstance(error, auth_errors.SSLError) or "CERTIFICATE_VERIFY" in str(error):
        return CloudError(
            f"{what}: its certificate does not verify: {text}",
            where,
            "name the plane's own CA as `cacert` in clouds.yaml; verification is never switched off",
        )
    if isinstance(error, auth_errors.HttpError):
        return CloudError(f"{what}: {text}", where, "look at the cloud's API log", error.http_status or 0)
    return CloudError(f"{what}: {text}", where, "see that the cloud is up and reachable, then run it again")


def refusal(where: str, answer: Any, service: str, method: str, path: str) -> CloudError:
    """The error for an answer that is a refusal, in the server's own words."""
    said = re.sub(r"<[^>]+>", " ", answer.text or "")
    remedy = "mend what it names, then run it again"
    if answer.status_code in RETRIED:
        remedy = f"the {service} service is in trouble; look at its log, then run it again"
    elif answer.status_code in (401, 403):
        remedy = "give the account in clouds.yaml the role that this needs"
    return CloudError(
        f"{service} answered {answer.status_code} to {method} {path}: {' '.join(said.split())[:400]}",
        where,
        remedy,
        answer.status_code,
    )


def nonsense(where: str, service: str, path: str, what: str) -> CloudError:
    """The error for an answer from which nothing may be concluded."""
    return CloudError(
        f"{service} answered GET {path} with {what}",
        where,
        "nothing was concluded from it; look at what stands between here and the cloud",
    )
