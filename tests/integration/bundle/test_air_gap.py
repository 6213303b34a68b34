"""A bundle made here and installed where there is no network at all: not even the loopback is up."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from govcloud.bundle.contents import PULUMI, SBOM

from .conftest import HERE, Bundle, Gap, create, installer


def test_a_bundle_made_again_holds_the_same(bundle: Bundle) -> None:
    again = create(bundle.folder, "again.tar")
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
        for word in installer(bundle, bundle.folder / "no")
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
        "mariadb-server",
        "nginx-light",
        "postgresql-15",
        "systemd-container",
        "nftables",
        "chrony",
        "rsyslog",
        "python3-flask",
        "openssh-client",
    ]
    gap.run("apt-get", *options, "install", "--yes", "--download-only", "--no-install-recommends", *wanted)
    shutil.rmtree(tmp_path / "cache")
