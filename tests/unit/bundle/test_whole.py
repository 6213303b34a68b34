"""A good bundle: read by us, listed by anybody's tar, and by the installer that travels with it."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from govcloud.bundle import verify
from govcloud.bundle.contents import MANIFEST, NAMESPACE
from govcloud.bundle.packing.installer import installer, write_installer
from govcloud.bundle.verifying import signature_name
from govcloud.progress import Silent
from unit.bundle.building import CONTENTS, NOW, Keys, manifest_of


def test_it_verifies_and_says_who_signed(archive: Path, keys: Keys) -> None:
    verified = verify(archive, keys.trust, NOW, Silent())
    assert verified.manifest == manifest_of(CONTENTS)
    assert [signer.principal for signer in verified.signers] == ["officer"]


def test_any_tar_lists_it(archive: Path) -> None:
    with tarfile.open(archive) as listed:
        assert listed.getnames() == [MANIFEST, signature_name(1), *CONTENTS]
        for name, content in CONTENTS.items():
            file = listed.extractfile(name)
            assert file is not None and file.read() == content
    said = subprocess.run(["tar", "tf", archive], capture_output=True, text=True, check=True)
    assert said.stdout.split() == [MANIFEST, signature_name(1), *CONTENTS] and not said.stderr


def test_the_same_sources_make_the_same_installer() -> None:
    assert installer() == installer()


@pytest.mark.parametrize("argument", ["good.tar", "--help"])
def test_the_installer_needs_python_alone(argument: str, archive: Path, keys: Keys) -> None:
    program = write_installer(archive, [keys.known])
    # -I and -S: neither a working directory, nor an environment, nor a package of this machine.
    words = [sys.executable, "-I", "-S", program, "verify", archive.with_name(argument)]
    if argument == "--help":
        words = [*words[:-1], argument]
    words += ["--allowed-signers", keys.trust.allowed_signers, "--site", "minimal"]
    said = subprocess.run(words, capture_output=True, text=True, check=False, cwd=archive.parent)
    assert said.returncode == 0, said.stderr
    assert "signed by officer" in said.stdout or "usage" in said.stdout


def test_the_installer_tells_faults_without_a_traceback(archive: Path, keys: Keys) -> None:
    program = write_installer(archive, [keys.known])
    words = [sys.executable, "-I", "-S", program, "verify", archive, "--site", "elsewhere"]
    words += ["--allowed-signers", keys.trust.allowed_signers]
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert (
        "a bundle for site minimal, not for elsewhere\n  remedy: " in said.stderr
        and "Traceback" not in said.stderr
    )


def test_plain_openssh_checks_the_installer(archive: Path, keys: Keys) -> None:
    program = write_installer(archive, [keys.known])
    words = ["ssh-keygen", "-Y", "verify", "-f", keys.trust.allowed_signers, "-I", "officer", "-n", NAMESPACE]
    with program.open("rb") as stream:
        subprocess.run([*words, "-s", f"{program}.sig"], stdin=stream, capture_output=True, check=True)
