"""`govcloud approve`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from govcloud.cli.options import format_option, key_option, trust_options
from govcloud.cli.output import Output, counts
from govcloud.cli.signing import trust_for
from govcloud.engine import approve as sign_plan
from govcloud.engine import read_plan
from govcloud.errors import ToolkitError


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
    """Sign plans that somebody else has made, after reading them. Needs no credentials and no network.

    \b
    Example:
      govcloud approve plans/20260301T090000Z-extranet --key ~/.ssh/id_ed25519
    """
    if key is None:
        raise ToolkitError("no key was named", "approve", "name your own: --key ~/.ssh/id_ed25519")
    document, lines = [], []
    for folder in folders:
        read = read_plan(folder)
        trust = trust_for(read, work, allowed_signers, revoked_keys)
        approval = sign_plan(read, key, trust, datetime.now(UTC))
        names = [one.principal for one in approval.approvers]
        document.append({"folder": str(folder), "digest": read.digest, "approvers": names})
        lines.append(
            f"{read.plan.plane}: {counts(read.plan.counts())}\n  signed {read.digest}\n"
            f"  {len(names)} of {read.plan.signatures} approvals: {', '.join(names)}"
        )
    output.show({"approved": document}, "\n".join(lines))
