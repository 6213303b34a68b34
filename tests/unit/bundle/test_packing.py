"""What goes into a bundle, and what does not."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from govcloud.bundle.archive import Writer
from govcloud.bundle.contents import PULUMI, Member
from govcloud.bundle.packing import creating, wheels
from govcloud.bundle.packing.debian import described
from govcloud.bundle.packing.project import checkout, files_below, inventory_files
from govcloud.bundle.packing.sbom import bill_of_materials
from govcloud.errors import ToolkitError
from unit.bundle.building import NOW

ROOT = Path(__file__).parents[3]
ENTRY = """\
Package: libnftables1
Version: 1:1.0.6-2+deb12u2
Architecture: amd64
Depends: libc6 (>= 2.34),
 libmnl0 (>= 1.0.3)
Filename: pool/main/n/nftables/libnftables1_1.0.6-2+deb12u2_amd64.deb
Size: 299996
SHA256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
Description: Netfilter nftables high level userspace API library"""


def _sbom() -> str:
    package = next(described(ENTRY))
    names = (
        "wheels/boolean.py-5.0-py3-none-any.whl",
        "wheels/uv-0.13.9-py3-none-manylinux_2_17_x86_64.whl",
        "wheels/requirements.txt",
        f"debian/{package.file}",
        "debian/Packages",
        PULUMI,
        "images/0123456789ab-guest.qcow2",
        "docs/air-gap.md",
    )
    members = [Member(name, 1, hashlib.sha256(name.encode()).hexdigest()) for name in names]
    return bill_of_materials("minimal", "0.1.0", "3.259.0", NOW, members, [package])


def test_the_bill_of_materials_is_valid_cyclonedx() -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(_sbom()) is None
    assert validator.validate_str(_sbom().replace('"SHA-256"', '"SHA-255"')) is not None


def test_the_bill_names_what_others_have_made_with_its_digest() -> None:
    document = json.loads(_sbom())
    found = {part.get("purl", part["name"]): part for part in document["components"]}
    assert set(found) == {
        "pkg:pypi/boolean-py@5.0",
        "pkg:pypi/uv@0.13.9",
        "pkg:deb/debian/libnftables1@1:1.0.6-2%2Bdeb12u2?arch=amd64&distro=bookworm",
        "pkg:golang/github.com/pulumi/pulumi/pkg/v3@v3.259.0",
        "guest",
    }
    for part in found.values():
        assert part["hashes"][0]["content"] == hashlib.sha256(part["bom-ref"].encode()).hexdigest()
    assert document["metadata"]["component"]["name"] == "govcloud-bundle-minimal"
    assert _sbom() == _sbom()


def test_a_package_lies_beside_its_index() -> None:
    package = next(described(ENTRY))
    assert package.downloaded == "libnftables1_1%3a1.0.6-2+deb12u2_amd64.deb"
    assert package.file == "libnftables1_1.0.6-2+deb12u2_amd64.deb"
    assert f"Filename: ./{package.file}\nSize: 299996" in package.indexed
    assert package.indexed.count("Filename") == 1 and " libmnl0 (>= 1.0.3)\n" in package.indexed


def test_a_package_that_apt_half_describes() -> None:
    with pytest.raises(ToolkitError, match="without 'SHA256'"):
        list(described(ENTRY.replace("SHA256", "SHA1")))


def test_what_is_locked_is_what_govcloud_runs_on() -> None:
    wanted = wheels.requirements(ROOT)
    names = {line.split("==")[0] for line in wanted.splitlines() if "==" in line}
    assert {"click", "openstacksdk", "ansible-core", "uv", "psycopg-binary"} <= names
    assert not {"pytest", "mypy", "ruff", "hatchling", "govcloud"} & names
    assert wanted.count("--hash=sha256:") >= len(names)


def test_an_environment_that_is_not_the_locks(tmp_path: Path) -> None:
    for name in wheels.LOCKS:
        shutil.copy(ROOT / name, tmp_path)
    lock = tmp_path / "requirements.lock"
    lock.write_text(lock.read_text().replace("\nclick==", "\nclick==0."))
    with pytest.raises(ToolkitError, match=r"click is installed in version .*, the lock has 0\."):
        wheels.requirements(tmp_path)


def test_wheels_are_pinned_to_their_own_bytes(tmp_path: Path) -> None:
    wheel = tmp_path / "some_thing-1.0-py3-none-any.whl"
    wheel.write_bytes(b"x")
    assert wheels.pins([wheel]) == f"some-thing==1.0 --hash=sha256:{hashlib.sha256(b'x').hexdigest()}\n"


def test_no_other_planes_files_travel_along() -> None:
    site = ROOT / "inventories" / "jiujiang"
    names = [name for name, _ in inventory_files(site, "jiujiang", ["classified"])]
    assert "inventories/jiujiang/site.yaml" in names
    assert "inventories/jiujiang/classified/plane.yaml" in names
    assert not [
        name
        for name in names
        if name.startswith(("inventories/jiujiang/extranet", "inventories/jiujiang/office"))
    ]


def test_hidden_files_and_caches_stay_behind_and_links_are_refused(tmp_path: Path) -> None:
    for name in ("a.yaml", ".git/config", ".secret", "__pycache__/a.pyc", "b/c.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert [name for name, _ in files_below(tmp_path, "docs")] == ["docs/a.yaml", "docs/b/c.yaml"]
    (tmp_path / "b" / "link").symlink_to("/etc/passwd")
    with pytest.raises(ToolkitError, match="it is a link"):
        list(files_below(tmp_path, "docs"))


def test_what_stood_before_stays_until_the_new_archive_is_whole(tmp_path: Path) -> None:
    output = tmp_path / "site.tar"
    with creating.beside(output) as stream:
        stream.write(b"first")
    with pytest.raises(ToolkitError, match="changed while it was packed"), creating.beside(output) as stream:
        Writer(stream).member(Member("docs/a.md", 1, "0" * 64), io.BytesIO(b"x"))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"site.tar": b"first"}
    assert output.stat().st_mode & 0o077 == 0


def test_what_a_killed_run_left_is_written_over_and_two_runs_do_not_meet(tmp_path: Path) -> None:
    output = tmp_path / "site.tar"
    (tmp_path / ".site.tar.partial").write_bytes(b"half of something longer")
    with creating.beside(output) as stream:
        stream.write(b"whole")
        with pytest.raises(ToolkitError, match="another run writes it"), creating.beside(output):
            raise AssertionError("two at once")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"site.tar": b"whole"}


def test_the_checkout_is_found() -> None:
    assert checkout() == ROOT
