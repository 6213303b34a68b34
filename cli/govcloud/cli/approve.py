"""`govcloud approve`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from govcloud.cli.options import format_option, key_option, trust_options
from govcloud.cli.output import Output, counts
from govcloud.cli.signing import trust_for
from govcloud.engine import approve as sign_plan
from govcloud.engine import read_plan
from govcloud.errors import ToolkitError
from govcloud.evidence import Trust
from govcloud.migrations.orders import approve as sign_order
from govcloud.migrations.orders import is_order, read_order


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(file_okay=False, path_type=Path))
@key_option("Your own SSH key; the public half of one that an agent holds will do")
@trust_options
@format_option
def approve(
    folders: tuple[Path, ...],
    key: Path | None,
    work: Path | None,
    allowed_signers: Path | None,
    revoked_keys: Path | None,
    output: Output,
) -> None:
    """Sign plans and orders that somebody else has made, after reading them.

    Needs no credentials and no network.

    \b
    Example:
      govcloud approve plans/20260301T090000Z-extranet --key ~/.ssh/id_ed25519
    """
    if key is None:
        raise ToolkitError("no key was named", "approve", "name your own: --key ~/.ssh/id_ed25519")

    def trusting(site: str, plane: str) -> Trust:
        return trust_for(site, plane, work, allowed_signers, revoked_keys)

    document, lines = [], []
    for folder in folders:
        sign = _order if is_order(folder) else _plan
        signed = sign(folder, key, trusting)
        document.append({"folder": str(folder), "digest": signed.digest, "approvers": list(signed.approvers)})
        lines.append(
            f"{signed.about}\n  signed {signed.digest}\n"
            f"  {len(signed.approvers)} of {signed.asked} approvals: {', '.join(signed.approvers)}"
        )
    output.show({"approved": document}, "\n".join(lines))


@dataclass(frozen=True)
class _Signed:
    """What was signed, and who has signed it by now."""

    about: str
    digest: str
    approvers: tuple[str, ...]
    asked: int


Trusting = Callable[[str, str], Trust]
"""Whose signatures count, by site and plane."""


def _plan(folder: Path, key: Path, trusting: Trusting) -> _Signed:
    read = read_plan(folder)
    approval = sign_plan(read, key, trusting(read.plan.site, read.plan.plane), datetime.now(UTC))
    names = tuple(one.principal for one in approval.approvers)
    return _Signed(
        f"{read.plan.plane}: {counts(read.plan.counts())}", read.digest, names, read.plan.signatures
    )


def _order(folder: Path, key: Path, trusting: Trusting) -> _Signed:
    read = read_order(folder)
    approval = sign_order(read, key, trusting(read.order.site, read.order.plane), datetime.now(UTC))
    names = tuple(one.principal for one in approval.approvers)
    about = f"{read.order.plane}: to cut over {read.order.system}, at most {read.order.downtime:g} s"
    return _Signed(about, read.sealed.digest, names, read.order.signatures)
