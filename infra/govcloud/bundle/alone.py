"""The command line of the installer that travels beside a bundle, where govcloud is not there yet."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from govcloud.bundle import base_python, demand_site, install, verify
from govcloud.errors import ToolkitError
from govcloud.evidence import Trust


class _Told:
    """Progress as lines on stderr."""

    def step(self, name: str) -> None:
        """A step has begun."""
        sys.stderr.write(f"{name} …\n")

    def done(self, name: str) -> None:
        """A step has ended well."""
        sys.stderr.write(f"{name}: done\n")

    def count(self, name: str, so_far: int, total: int) -> None:
        """How far it is; not told."""


def main() -> None:
    """Run it; a foreseeable fault is one message and an exit code, as everywhere in govcloud."""
    arguments = _parser().parse_args()
    trust = Trust(
        arguments.allowed_signers, arguments.revoked_keys or revoked_beside(arguments.allowed_signers)
    )
    try:
        sys.stdout.write(f"{_act(arguments, trust)}\n")
    except ToolkitError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("stopped: run the same command again\n")
        sys.exit(1)


def revoked_beside(allowed_signers: Path) -> Path:
    """Where revoked keys are looked for when nobody says where: `revoked_keys` beside the allowed signers."""
    return allowed_signers.with_name("revoked_keys")


def _act(arguments: argparse.Namespace, trust: Trust) -> str:
    now = datetime.now(UTC)
    if arguments.verb == "verify":
        verified = verify(arguments.archive, trust, now, _Told())
        demand_site(verified.manifest, arguments.site, str(arguments.archive))
        signers = ", ".join(signer.principal for signer in verified.signers)
        return f"a whole bundle for {verified.manifest.site}, signed by {signers}"
    installed = install(
        arguments.archive,
        arguments.prefix,
        trust,
        now,
        _Told(),
        python=arguments.python or base_python(),
        site=arguments.site,
    )
    return f"next: {installed.program} topology validate"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Verify and install a govcloud bundle; no network is used.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("verify", "install"):
        one = verbs.add_parser(verb)
        one.add_argument("archive", type=Path)
        one.add_argument(
            "--allowed-signers", type=Path, required=True, help="whose signatures count (OpenSSH)"
        )
        one.add_argument("--revoked-keys", type=Path, help="keys that no longer count")
        one.add_argument("--site", help="refuse a bundle of another site")
    one.add_argument("prefix", type=Path)
    one.add_argument("--python", type=Path, help="the Python to install for; default: this one")
    return parser
