"""The peer: OpenTofu with terraform-provider-openstack, built from the Go modules that `peer/` pins."""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from _hcl import SOURCE, configuration

from govcloud.local import cache_directory, private_directory, write_private
from govcloud.stacks import Stack
from govcloud.toolchain.go import go

PINNED = Path(__file__).with_name("peer")
PROGRAMS = {
    "tofu": ("tofu", "github.com/opentofu/opentofu/cmd/tofu"),
    "provider": (
        "terraform-provider-openstack",
        "github.com/terraform-provider-openstack/terraform-provider-openstack/v3",
    ),
}
VERSION_FLAG = "-X github.com/opentofu/opentofu/version.dev=no"


class CannotBeHad(Exception):
    """The peer could not be built; the text says why."""


@dataclass(frozen=True)
class Tofu:
    """A built peer; `parallelism` is how many operations it may have under way."""

    folder: Path
    parallelism: int

    def apply(self, stacks: tuple[Stack, ...], plane: str, clouds_file: Path, work: Path) -> None:
        """Create everything with one `tofu apply`; SystemExit with its words where it fails."""
        private_directory(work)
        write_private(work / "main.tf.json", configuration(stacks, plane))
        overrides = (
            f'provider_installation {{\n dev_overrides {{ "{SOURCE}" = "{self.folder}" }}\n direct {{}}\n}}\n'
        )
        write_private(work / "tofu.rc", overrides)
        self._run(["apply", "-auto-approve"], clouds_file, work)

    def refresh(self, clouds_file: Path, work: Path) -> None:
        """Look for drift in what was applied in `work`; SystemExit where there is any."""
        self._run(["plan", "-refresh-only", "-detailed-exitcode"], clouds_file, work)

    def settle(self, clouds_file: Path, work: Path) -> None:
        """Record what the cloud says otherwise than it was asked, such as an empty list for none."""
        self._run(["apply", "-refresh-only", "-auto-approve"], clouds_file, work)

    def _run(self, words: list[str], clouds_file: Path, work: Path) -> None:
        environment = {
            # The provider reads a sourced openrc, too: nothing but what we say may point it anywhere.
            **{name: value for name, value in os.environ.items() if not name.startswith(("OS_", "TF_"))},
            "TF_CLI_CONFIG_FILE": str(work / "tofu.rc"),
            "OS_CLIENT_CONFIG_FILE": str(clouds_file),
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
        }
        done = subprocess.run(
            [
                str(self.folder / "tofu"),
                *words,
                "-input=false",
                "-no-color",
                f"-parallelism={self.parallelism}",
            ],
            cwd=work,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(
                f"tofu {words[0]} ended with {done.returncode}:\n{done.stdout[-500:]}\n{done.stderr[-1500:]}"
            )


def built(parallelism: int) -> Tofu:
    """The peer, built on first use (some minutes) and kept; CannotBeHad where its modules cannot be fetched."""
    pins = [path.read_bytes() for path in sorted(PINNED.glob("*/go.*"))]
    folder = cache_directory() / "peer" / hashlib.sha256(b"".join(pins)).hexdigest()[:16]
    private_directory(folder)
    for module, (program, package) in PROGRAMS.items():
        if not (folder / program).exists():
            _build(PINNED / module, package, folder / program)
    return Tofu(folder, parallelism)


def _build(module: Path, package: str, program: Path) -> None:
    aside = program.with_name(f".{program.name}.{os.getpid()}")
    done = subprocess.run(
        [str(go()), "build", "-mod=readonly", "-ldflags", f"-s -w {VERSION_FLAG}", "-o", str(aside), package],
        cwd=module,
        env={**os.environ, "GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOFLAGS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotBeHad(" ".join(done.stderr.split())[-400:])
    aside.rename(program)
