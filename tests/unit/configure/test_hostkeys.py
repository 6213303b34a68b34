"""Host keys from what a cloud reports: consoles as they really look, and clouds that have not what is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govcloud.configure import Access, parse_console, trust, trusted
from govcloud.errors import ToolkitError
from govcloud.progress import Silent
from govcloud.topology import Topology

ED25519 = "AAAAC3NzaC1lZDI1NTE5AAAAIIgd5jGlklfwgN+pc/M4Zdd/HmfOk3+ZYCAkGADsvPnk"
OTHER = "AAAAC3NzaC1lZDI1NTE5AAAAIKlpUALlklfwgN+pc/M4Zdd/HmfOk3+ZYCAkGADsvPnk"
BLOCK = """\
<14>Nov 23 20:48:28 cloud-init: #############################################################
-----BEGIN SSH HOST KEY KEYS-----
ssh-ed25519 {} root@bastion
-----END SSH HOST KEY KEYS-----
"""


class FakeCloud:
    """Answers as Nova does: servers with metadata, and their consoles, one text a question."""

    name = "fake"

    def __init__(self, servers: dict[str, str], consoles: dict[str, list[str]]) -> None:
        self.servers = servers
        self.consoles = consoles

    def pages(self, *_words: str) -> Iterator[dict[str, Any]]:
        yield {"id": "foreign", "metadata": {}}
        for identifier, marker in self.servers.items():
            yield {"id": identifier, "metadata": {"govcloud": marker}}

    def post(self, _service: str, path: str, _body: Any) -> dict[str, str]:
        texts = self.consoles[path.split("/")[2]]
        return {"output": texts.pop(0) if len(texts) > 1 else texts[0]}


@pytest.fixture
def access(topology: Topology, tmp_path: Path) -> Access:
    return Access("jiujiang", topology.planes["classified"], tmp_path, tmp_path / "key")


def marker(name: str, plane: str = "classified") -> str:
    return f"jiujiang/{plane}/core/{name}#0123456789"


def trusting(access: Access, cloud: FakeCloud, *names: str, wait: float = 10.0) -> list[float]:
    pauses: list[float] = []
    machines = [access.machine(name) for name in names]
    trust(access, cloud, machines, Silent(), wait, pauses.append)  # type: ignore[arg-type]
    return pauses


def test_a_console_with_carriage_returns_shows_its_keys() -> None:
    text = BLOCK.format(ED25519).replace("\n", "\r\n")
    assert parse_console(text) == (f"ssh-ed25519 {ED25519}",)


def test_the_last_block_counts() -> None:
    assert parse_console(BLOCK.format(OTHER) + BLOCK.format(ED25519)) == (f"ssh-ed25519 {ED25519}",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no keys here",
        BLOCK.format(ED25519).split("-----END")[0],
        BLOCK.format(ED25519[:40]),
        BLOCK.format("AAAAB3NzaC1yc2EAAAADAQABAAAB"),
        "-----BEGIN SSH HOST KEY FINGERPRINTS-----\n256 SHA256:bM89w root\n-----END SSH HOST KEY FINGERPRINTS-----",
    ],
    ids=["empty", "other text", "unfinished block", "cut key", "key of another kind", "fingerprints only"],
)
def test_what_is_no_whole_key_is_none(text: str) -> None:
    assert parse_console(text) == ()


def test_known_hosts_names_a_machine_by_its_id_and_its_addresses(access: Access) -> None:
    trusting(access, FakeCloud({"s1": marker("bastion")}, {"s1": [BLOCK.format(ED25519)]}), "bastion")
    assert access.known_hosts.read_text() == f"bastion,172.16.16.4,198.51.101.22 ssh-ed25519 {ED25519}\n"
    assert access.known_hosts.stat().st_mode & 0o777 == 0o600
    assert trusted(access, [access.machine("bastion")])
    assert not trusted(access, [access.machine("probe")])


def test_a_machine_that_still_boots_is_waited_for(access: Access) -> None:
    cloud = FakeCloud({"s1": marker("probe")}, {"s1": ["", "booting", BLOCK.format(ED25519)]})
    assert len(trusting(access, cloud, "probe")) == 2


def test_a_machine_that_never_shows_its_keys_is_an_error_and_nothing_is_written(access: Access) -> None:
    with pytest.raises(ToolkitError, match="no host keys on the console of probe within 4 s"):
        trusting(access, FakeCloud({"s1": marker("probe")}, {"s1": ["silence"]}), "probe", wait=4.0)
    assert not access.known_hosts.exists()


def test_a_machine_that_the_cloud_has_not_is_an_error(access: Access) -> None:
    cloud = FakeCloud({"s1": marker("probe", "extranet")}, {"s1": [BLOCK.format(ED25519)]})
    with pytest.raises(ToolkitError, match="the cloud has no server for probe"):
        trusting(access, cloud, "probe")


def test_two_servers_of_one_machine_are_an_error(access: Access) -> None:
    cloud = FakeCloud({"s1": marker("probe"), "s2": marker("probe")}, {})
    with pytest.raises(ToolkitError, match="two servers bear the marker of probe: s1 and s2"):
        trusting(access, cloud, "probe")


def test_a_console_that_has_scrolled_on_does_not_lose_the_keys_of_the_same_server(access: Access) -> None:
    trusting(access, FakeCloud({"s1": marker("probe")}, {"s1": [BLOCK.format(ED25519)]}), "probe")
    trusting(access, FakeCloud({"s1": marker("probe")}, {"s1": ["later lines"]}), "probe")
    assert ED25519 in access.known_hosts.read_text()


def test_a_server_built_anew_must_show_its_own_keys(access: Access) -> None:
    trusting(access, FakeCloud({"s1": marker("probe")}, {"s1": [BLOCK.format(ED25519)]}), "probe")
    with pytest.raises(ToolkitError, match="no host keys"):
        trusting(access, FakeCloud({"s2": marker("probe")}, {"s2": ["later lines"]}), "probe")
    trusting(access, FakeCloud({"s2": marker("probe")}, {"s2": [BLOCK.format(OTHER)]}), "probe")
    assert ED25519 not in access.known_hosts.read_text()
    assert OTHER in access.known_hosts.read_text()
