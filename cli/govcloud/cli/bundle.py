"""`govcloud bundle`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from govcloud.bundle import Manifest, Verified, base_python, demand_site, install, verify
from govcloud.bundle.alone import revoked_beside
from govcloud.cli.options import format_option, site_of, site_options
from govcloud.cli.output import Output, Shown
from govcloud.evidence import Trust

FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def bundle() -> None:
    """Carry a site to a machine without a network: one signed archive, verified and installed there.

    \b
    Example:
      govcloud bundle create --inventory inventories/minimal --key ~/.ssh/id_ed25519
    """


def _trust_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Whose signatures count, and the site that the bundle must be for."""
    command = click.option("--site", help="Refuse a bundle of another site.")(command)
    command = click.option(
        "--revoked-keys", type=FILE, help="Keys that no longer count [revoked_keys beside the signers]."
    )(command)
    return click.option(
        "--allowed-signers",
        type=FILE,
        required=True,
        help="Whose signatures count (OpenSSH's allowed_signers).",
    )(command)


def _trust(allowed_signers: Path, revoked_keys: Path | None) -> Trust:
    if revoked_keys is not None and not revoked_keys.is_file():
        raise click.BadParameter(f"there is no file {revoked_keys}", param_hint="--revoked-keys")
    return Trust(allowed_signers, revoked_keys or revoked_beside(allowed_signers))


@bundle.command("create")
@site_options
@click.option(
    "--key",
    "keys",
    type=FILE,
    multiple=True,
    required=True,
    envvar="GOVCLOUD_KEY",
    help="Sign with it; may be repeated [GOVCLOUD_KEY].",
)
@click.option(
    "--output", "archive", type=FILE, help="The archive to write [govcloud-<site>-<python>-<machine>.tar]."
)
@format_option
def bundle_create(
    inventory: Path,
    work: Path | None,
    planes: tuple[str, ...],
    keys: tuple[Path, ...],
    archive: Path | None,
    output: Output,
) -> None:
    """Pack all that the site needs into one signed archive, with the installer beside it.

    \b
    Example:
      govcloud bundle create --plane classified --key ~/.ssh/id_ed25519 --output classified.tar
    """
    from govcloud.bundle.packing import create

    with Shown() as progress:
        made = create(site_of(inventory, work, planes), archive, keys, datetime.now(UTC), progress)
    document = {
        "archive": str(made.archive),
        "installer": str(made.installer),
        "bytes": made.archive.stat().st_size,
        **_outline(made.manifest),
    }
    there = f"python3 {made.installer.name} install {made.archive.name} PREFIX --allowed-signers FILE"
    size = f"{made.archive.stat().st_size / 1e6:,.0f} MB, {len(made.manifest.members)} files"
    output.show(document, f"{made.archive}: {size}\ncarry it with {made.installer}; there: {there}")


@bundle.command("verify")
@click.argument("archive", type=FILE)
@_trust_options
@format_option
def bundle_verify(
    archive: Path, allowed_signers: Path, revoked_keys: Path | None, site: str | None, output: Output
) -> None:
    """Check who signed a bundle and that every byte of it is what was signed; nothing is changed.

    \b
    Example:
      govcloud bundle verify classified.tar --allowed-signers allowed_signers
    """
    with Shown() as progress:
        verified = verify(archive, _trust(allowed_signers, revoked_keys), datetime.now(UTC), progress)
    demand_site(verified.manifest, site, str(archive))
    output.show(
        _told(verified), f"{archive}: whole, for {verified.manifest.site}, signed by {_names(verified)}"
    )


@bundle.command("install")
@click.argument("archive", type=FILE)
@click.argument("prefix", type=click.Path(file_okay=False, path_type=Path))
@_trust_options
@click.option("--python", type=FILE, help="The Python to install for [the one that runs this].")
@format_option
def bundle_install(
    archive: Path,
    prefix: Path,
    allowed_signers: Path,
    revoked_keys: Path | None,
    site: str | None,
    python: Path | None,
    output: Output,
) -> None:
    """Verify a bundle and install it below PREFIX, without any network; a second time changes nothing.

    \b
    Example:
      govcloud bundle install classified.tar /opt/govcloud --allowed-signers allowed_signers
    """
    trust = _trust(allowed_signers, revoked_keys)
    with Shown() as progress:
        made = install(
            archive, prefix, trust, datetime.now(UTC), progress, python=python or base_python(), site=site
        )
    document = {"program": str(made.program), "release": str(made.release), "was_there": made.was_there}
    said = "was there already" if made.was_there else "installed"
    text = (
        f"{said}: {made.release}, signed by {_names(made.verified)}\nnext: {made.program} topology validate"
    )
    output.show({**document, **_told(made.verified)}, text)


def _names(verified: Verified) -> str:
    return ", ".join(f"{signer.principal} ({signer.fingerprint})" for signer in verified.signers)


def _told(verified: Verified) -> dict[str, Any]:
    signers = [{"principal": one.principal, "fingerprint": one.fingerprint} for one in verified.signers]
    return {"signers": signers, **_outline(verified.manifest)}


def _outline(manifest: Manifest) -> dict[str, Any]:
    return {
        "digest": manifest.digest,
        "site": manifest.site,
        "planes": list(manifest.planes),
        "machine": manifest.machine,
        "python": manifest.python,
        "created": manifest.created,
        "version": manifest.version,
        "pulumi": manifest.pulumi,
        "files": len(manifest.members),
    }
