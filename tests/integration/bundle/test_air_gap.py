"""A bundle made here and installed where there is no network at all: not even the loopback is up."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from govcloud.bundle.contents import PULUMI, SBOM

ROOT = Path(__file__).parents[3]
HERE = Path(sys.executable).with_name("govcloud")
BARE = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
"""What a machine without our environment gives to a command."""


@dataclass(frozen=True)
class Bundle:
    """A bundle that was made, and who is trusted to have signed it."""

    folder: Path
    said: dict[str, Any]

    @property
    def archive(self) -> Path:
        """The archive."""
        return Path(self.said["archive"])

    @property
    def trust(self) -> list[str]:
        """The options that say whose signature counts."""
        return ["--allowed-signers", str(self.folder / "allowed_signers")]


@dataclass(frozen=True)
class Gap:
    """A network namespace in which there is nothing."""

    name: str

    def start(self, words: Sequence[str | Path]) -> subprocess.Popen[str]:
        """Start a command there, with nothing of our environment."""
        inside = ["ip", "netns", "exec", self.name, *map(str, words)]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            inside, stdout=pipe, stderr=pipe, text=True, env=BARE, cwd="/", start_new_session=True
        )

    def run(self, *words: str | Path, code: int = 0) -> str:
        """Run a command there to its end; what it said on stdout."""
        with self.start(words) as process:
            said, complained = process.communicate(timeout=300)
        assert process.returncode == code, f"{words}: {said}{complained}"
        return said


def _create(folder: Path, name: str) -> dict[str, Any]:
    words = [
        HERE,
        "bundle",
        "create",
        "--inventory",
        ROOT / "inventories" / "minimal",
        "--work",
        folder / "work",
    ]
    words += ["--key", folder / "key", "--output", folder / name, "--format", "json"]
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    return dict(json.loads(said.stdout))


@pytest.fixture(scope="module")
def bundle() -> Iterator[Bundle]:
    """The bundle of the small site, signed by a new key."""
    with tempfile.TemporaryDirectory(prefix="govcloud-test-") as directory:
        folder = Path(directory)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"], check=True)
        public = (folder / "key.pub").read_text()
        (folder / "allowed_signers").write_text(f'officer namespaces="govcloud-bundle" {public}')
        yield Bundle(folder, _create(folder, "small.tar"))


@pytest.fixture(scope="module")
def gap() -> Iterator[Gap]:
    """An empty namespace of our own."""
    name = f"govcloud-gap-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    yield Gap(name)
    subprocess.run(["ip", "netns", "delete", name], check=True)


def _installer(bundle: Bundle, prefix: Path) -> list[str | Path]:
    """What a person types on a machine that has nothing but Debian's Python."""
    return [
        "/usr/bin/python3",
        "-I",
        bundle.said["installer"],
        "install",
        bundle.archive,
        prefix,
        *bundle.trust,
    ]


@pytest.fixture(scope="module")
def installed(bundle: Bundle, gap: Gap) -> Path:
    """The program that was installed in the gap, after the installation had been killed twice on its way."""
    prefix = bundle.folder / "prefix"
    for seconds in (0.6, 3.0):
        with gap.start(_installer(bundle, prefix)) as process:
            time.sleep(seconds)
            os.killpg(process.pid, signal.SIGKILL)
        assert not (prefix / "current").exists()
    said = gap.run(*_installer(bundle, prefix))
    assert said == f"next: {prefix}/current/bin/govcloud topology validate\n"
    assert [path.name for path in (prefix / "releases").iterdir() if not path.name.startswith(".lock")] == [
        bundle.said["digest"][:16]
    ]
    return prefix / "current" / "bin" / "govcloud"


def test_a_bundle_made_again_holds_the_same(bundle: Bundle) -> None:
    again = _create(bundle.folder, "again.tar")
    first, second = (_members(bundle.folder / name) for name in ("small.tar", "again.tar"))
    Path(again["archive"]).unlink()
    first.pop(SBOM), second.pop(SBOM)  # it says when it was made
    assert first == second and len(first) > 400


def _members(archive: Path) -> dict[str, str]:
    said = subprocess.run(["tar", "xOf", archive, "manifest.json"], capture_output=True, check=True)
    return {member["name"]: member["sha256"] for member in json.loads(said.stdout)["members"]}


def test_it_verifies_here_and_its_bill_is_whole(bundle: Bundle) -> None:
    words = [HERE, "bundle", "verify", bundle.archive, *bundle.trust, "--site", "minimal", "--format", "json"]
    said = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    assert said["digest"] == bundle.said["digest"] and said["signers"][0]["principal"] == "officer"
    bill = subprocess.run(
        ["tar", "xOf", bundle.archive, SBOM], capture_output=True, text=True, check=True
    ).stdout
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None
    members = _members(bundle.archive)
    listed = {part["bom-ref"]: part["hashes"][0]["content"] for part in json.loads(bill)["components"]}
    made_by_others = {name for name in members if name.endswith((".whl", ".deb", ".qcow2")) or name == PULUMI}
    assert listed == {name: members[name] for name in made_by_others}
    assert {part.partition("/")[0] for part in listed} == {"wheels", "debian", "pulumi", "images"}


@pytest.mark.parametrize("part", [0.00001, 0.0001, 0.0002, 0.3, 0.7, 0.9999999])
def test_a_flipped_byte_is_found_anywhere(part: float, bundle: Bundle) -> None:
    at = int(bundle.archive.stat().st_size * part)
    with bundle.archive.open("r+b") as stream:
        stream.seek(at)
        byte = stream.read(1)
        stream.seek(at)
        stream.write(bytes([byte[0] ^ 0x10]))
        stream.flush()
        try:
            words = [HERE, "bundle", "verify", bundle.archive, *bundle.trust]
            said = subprocess.run(words, capture_output=True, text=True, check=False)
        finally:
            stream.seek(at)
            stream.write(byte)
    assert said.returncode in (1, 4) and "remedy: " in said.stderr, said.stderr


def test_the_gap_is_one(gap: Gap) -> None:
    links = json.loads(gap.run("ip", "-json", "link"))
    assert [(link["ifname"], link["operstate"]) for link in links] == [("lo", "DOWN")]


def test_what_was_installed_works_there(installed: Path, gap: Gap) -> None:
    assert gap.run(installed, "--version").startswith("govcloud, version ")
    assert gap.run(installed, "topology", "validate").startswith("minimal is valid: ")
    stacks = json.loads(gap.run(installed, "stacks", "--format", "json"))["stacks"]
    assert {stack["plane"] for stack in stacks} == {"extranet", "classified"}
    pulumi = json.loads(gap.run(installed, "toolchain", "--format", "json"))
    assert Path(pulumi["pulumi"]).is_relative_to(installed.parents[1].resolve())
    assert "ansible-playbook [core" in gap.run(
        installed.parents[1] / "venv" / "bin" / "ansible-playbook", "--version"
    )


def test_no_bundle_is_made_from_an_installation(installed: Path, bundle: Bundle, gap: Gap) -> None:
    gap.run(installed, "bundle", "create", "--key", bundle.folder / "key", code=1)


def test_each_plane_has_its_image_at_hand(installed: Path) -> None:
    for plane in ("extranet", "classified"):
        image = installed.parents[2] / "work" / plane / "images" / "guest.qcow2"
        assert image.read_bytes()[:4] == b"QFI\xfb"


def test_it_verifies_and_installs_from_there_again(installed: Path, bundle: Bundle, gap: Gap) -> None:
    prefix = installed.parents[2]
    said = gap.run(installed, "bundle", "install", bundle.archive, prefix, *bundle.trust, "--format", "json")
    assert json.loads(said)["was_there"]
    gap.run(installed, "bundle", "verify", bundle.archive, *bundle.trust, "--site", "elsewhere", code=1)


def test_a_bundle_that_nobody_trusted_signed_installs_nothing(bundle: Bundle, gap: Gap) -> None:
    (bundle.folder / "others").write_text(
        f"other {(bundle.folder / 'key.pub').read_text()}".replace("AAAA", "AAAB")
    )
    words = [
        word if word != bundle.trust[1] else bundle.folder / "others"
        for word in _installer(bundle, bundle.folder / "no")
    ]
    gap.run(*words, code=4)
    assert not (bundle.folder / "no").exists()


def test_apt_installs_the_roles_packages_from_there(installed: Path, gap: Gap, tmp_path: Path) -> None:
    """On a machine that has no package yet, as its empty status says; so all that is needed must be there."""
    for name in ("lists/partial", "cache/archives/partial"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "status").touch()
    (tmp_path / "sources.list").write_text(f"deb [trusted=yes] file:{installed.parents[1]}/debian ./\n")
    places = {
        "Dir::Etc::sourcelist": tmp_path / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": tmp_path / "lists",
        "Dir::State::status": tmp_path / "status",
        "Dir::Cache": tmp_path / "cache",
        "APT::Sandbox::User": "root",  # the release is its owner's alone
    }
    options = [word for name, value in places.items() for word in ("-o", f"{name}={value}")]
    gap.run("apt-get", *options, "update")
    wanted = [
        "nginx-light",
        "postgresql-15",
        "nftables",
        "chrony",
        "rsyslog",
        "python3-flask",
        "openssh-client",
    ]
    gap.run("apt-get", *options, "install", "--yes", "--download-only", "--no-install-recommends", *wanted)
    shutil.rmtree(tmp_path / "cache")
