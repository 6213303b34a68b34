"""A cloud that is away, refuses, or answers nonsense: a bounded retry or one clear error, never an empty result."""

from __future__ import annotations

import hashlib
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from govcloud.engine import open_store
from govcloud.engine.journal import intents_of
from govcloud.provider import KINDS, Cloud, CloudError, Declared, Session
from integration.conftest import StandingLab
from integration.provider.faults import Proxy, Spoil, empty_document, half, hang_up, proxy, status

NETWORK = KINDS["network"]
IMAGE = {"name": "half-sent", "disk_format": "raw", "container_format": "bare"}
OCTETS = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def entry(lab: StandingLab) -> dict[str, Any]:
    """The extranet's entry of clouds.yaml."""
    loaded = yaml.safe_load((lab.work / "extranet" / "clouds.yaml").read_text())
    found: dict[str, Any] = loaded["clouds"]["extranet"]
    return found


def cloud_of(entry: dict[str, Any], folder: Path) -> Cloud:
    """A cloud by an entry of our own making."""
    path = folder / "clouds.yaml"
    path.write_text(yaml.safe_dump({"clouds": {"extranet": entry}}))
    return Cloud("extranet", path, pause=0.02)


@pytest.fixture
def between(lab: StandingLab) -> Iterator[Proxy]:
    """A proxy before the real Neutron."""
    endpoint = lab.connect("extranet").network.get_endpoint()
    with proxy(endpoint.removesuffix("/v2.0").rstrip("/")) as made:
        yield made


@pytest.fixture
def spoiled(entry: dict[str, Any], between: Proxy, tmp_path: Path) -> Cloud:
    """The cloud with its Neutron behind the proxy."""
    return cloud_of({**entry, "network_endpoint_override": f"{between.url}/v2.0"}, tmp_path)


def names(cloud: Cloud) -> list[str]:
    """What a listing of networks tells."""
    return sorted(network["id"] for network in cloud.pages("network", "/networks", "networks"))


@pytest.mark.parametrize(
    "fault", [status(500), status(502), status(503), status(504), status(429, Retry_After="0"), hang_up]
)
def test_a_fault_that_passes_is_waited_out(
    spoiled: Cloud, between: Proxy, entry: dict[str, Any], tmp_path: Path, fault: Spoil
) -> None:
    truth = names(spoiled)
    between.faults += [fault, fault]
    assert names(spoiled) == truth


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (status(500), "answered 500"),
        (status(503), "answered 503"),
        (status(429), "answered 429"),
        (hang_up, "GET /networks"),
    ],
)
def test_a_fault_that_stays_is_one_error_after_bounded_attempts(
    spoiled: Cloud, between: Proxy, fault: Spoil, told: str
) -> None:
    spoiled.login()
    before = len(between.seen)
    between.faults += [fault] * 100
    with pytest.raises(CloudError) as caught:
        names(spoiled)
    assert told in caught.value.what
    assert caught.value.remedy
    assert len(between.seen) - before <= 30


@pytest.mark.parametrize("fault", [half, empty_document])
def test_an_answer_that_is_not_whole_is_an_error_and_not_an_empty_list(
    spoiled: Cloud, between: Proxy, fault: Spoil
) -> None:
    between.faults += [fault] * 10
    with pytest.raises(CloudError, match=r"answered GET") as caught:
        names(spoiled)
    assert "nothing was concluded" in (caught.value.remedy or "")


def test_everybody_who_needs_a_list_that_failed_gets_its_error(spoiled: Cloud, between: Proxy) -> None:
    session = Session("matrix", spoiled, {})
    spoiled.login()
    between.faults += [status(500)] * 100
    for _ in range(2):
        with pytest.raises(CloudError, match="answered 500"):
            session.snapshot.index(NETWORK)
    session.snapshot.close()


def test_a_create_whose_answer_is_lost_is_not_sent_twice(
    spoiled: Cloud, between: Proxy, lab: StandingLab, tmp_path: Path
) -> None:
    connection = lab.connect("extranet")
    project = connection.identity.find_project("admin").id
    address = "extranet/subject/lost"
    declared = {address: Declared("network", {"name": "lost", "project": project})}
    intents = intents_of(open_store(None, tmp_path / "store"))
    first = Session("matrix", spoiled, declared, intents)
    first.snapshot.index(NETWORK)
    between.faults += [hang_up]
    with pytest.raises(CloudError):
        first.create(address, NETWORK)
    posts = [line for line in between.seen if line.startswith("POST")]
    assert len(posts) == 1
    second = Session("matrix", spoiled, declared, intents)
    identifier = second.create(address, NETWORK)
    try:
        assert [n.id for n in connection.network.networks(name="lost")] == [identifier]
        assert len([line for line in between.seen if line.startswith("POST")]) == 1
    finally:
        connection.network.delete_network(identifier)


@pytest.mark.parametrize("seen", [[], ["192.0.2.1/32"], ["192.0.2.1/32", "198.51.100.0/24", "192.0.2.9/32"]])
def test_an_address_group_that_was_listed_half_made_ends_as_declared(
    entry: dict[str, Any], lab: StandingLab, tmp_path: Path, seen: list[str]
) -> None:
    network = lab.connect("extranet").network
    declared = ["192.0.2.1/32", "198.51.100.0/24"]
    made = network.create_address_group(name="half-made", addresses=[*declared, "203.0.113.7/32"])
    try:
        KINDS["address_group"].update(
            cloud_of(entry, tmp_path), made.id, {"addresses": declared}, {"addresses": seen}
        )
        assert sorted(network.get_address_group(made.id).addresses) == declared
    finally:
        network.delete_address_group(made.id)


def test_an_upload_that_broke_off_is_sent_again(
    entry: dict[str, Any], lab: StandingLab, tmp_path: Path
) -> None:
    """A killed run's upload holds the image `saving` until Glance has noticed that nobody sends any more."""
    whole, broken = b"the bytes of an image" * 4096, threading.Event()
    (tmp_path / "source.raw").write_bytes(whole)
    images = lab.connect("extranet").image
    cloud = cloud_of(entry, tmp_path)
    cloud.image_files["source"] = tmp_path / "source.raw"
    made = images.post("/images", json={**IMAGE, "govcloud_source": "source"}).json()

    def half_of_it() -> Iterator[bytes]:
        yield whole[: len(whole) // 2]
        broken.wait(60)
        raise ConnectionError("killed")

    def send() -> None:
        with pytest.raises(Exception, match="killed"):
            images.put(f"/images/{made['id']}/file", data=half_of_it(), headers=OCTETS)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        while images.get_image(made["id"]).status != "saving":
            assert sender.is_alive()
        with pytest.raises(CloudError, match="409"):
            cloud.upload(f"/images/{made['id']}/file", tmp_path / "source.raw")
        threading.Timer(2.0, broken.set).start()
        KINDS["image"].complete(cloud, made)
        stored = images.get_image(made["id"])
        assert (stored.status, stored.size) == ("active", len(whole))
    finally:
        broken.set()
        sender.join()
        images.delete_image(made["id"])


def test_a_wrong_password_is_named(entry: dict[str, Any], tmp_path: Path) -> None:
    wrong = {**entry, "auth": {**entry["auth"], "password": "wrong-password-here"}}
    with pytest.raises(CloudError, match="log in") as caught:
        cloud_of(wrong, tmp_path).login()
    assert "password" in (caught.value.remedy or "")
    assert "wrong-password-here" not in str(caught.value)


def test_an_absent_cloud_is_named(entry: dict[str, Any], tmp_path: Path) -> None:
    away = {**entry, "auth": {**entry["auth"], "auth_url": "http://127.0.0.1:9/v3"}}
    with pytest.raises(CloudError, match="log in") as caught:
        cloud_of(away, tmp_path).login()
    assert "reachable" in (caught.value.remedy or "")


def test_a_missing_credentials_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CloudError, match="there is no"):
        Cloud("extranet", tmp_path / "clouds.yaml")


def test_a_token_that_was_revoked_is_renewed(entry: dict[str, Any], tmp_path: Path) -> None:
    cloud = cloud_of(entry, tmp_path)
    truth = names(cloud)
    session = cloud._connection.session
    session.delete(
        "/auth/tokens",
        endpoint_filter={"service_type": "identity"},
        headers={"X-Subject-Token": session.get_token()},
    )
    assert names(cloud) == truth


def test_an_upload_whose_token_ends_on_the_way_is_sent_again_from_its_beginning(
    entry: dict[str, Any], lab: StandingLab, tmp_path: Path
) -> None:
    images = lab.connect("extranet").image
    source = tmp_path / "image.raw"
    source.write_bytes(b"0123456789abcdef" * 65536)
    ends = iter([True])

    def once(handler: BaseHTTPRequestHandler, _: Callable[[], requests.Response]) -> bool:
        """The first upload is read half and then refused, as by a server that has noticed."""
        if not next(ends, False):
            return False
        status(401)(handler, requests.Response())
        return True

    made = images.post("/images", json=IMAGE).json()
    try:
        with proxy(images.get_endpoint().rstrip("/").removesuffix("/v2")) as way:
            through = {"image_endpoint_override": f"{way.url}/v2", "image_api_version": "2"}
            cloud = cloud_of({**entry, **through}, tmp_path)
            cloud.login()
            way.on_change = once
            cloud.upload(f"/images/{made['id']}/file", source)
        found = images.get_image(made["id"])
        assert found.hash_value == hashlib.sha512(source.read_bytes()).hexdigest()
        assert found.status == "active"
    finally:
        images.delete_image(made["id"])


def test_a_certificate_that_does_not_verify_is_refused(entry: dict[str, Any], tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "1",
            "-subj",
            "/CN=127.0.0.1",
            "-keyout",
            key,
            "-out",
            certificate,
        ],
        check=True,
        capture_output=True,
    )
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    secure = {
        **entry,
        "auth": {**entry["auth"], "auth_url": f"https://127.0.0.1:{server.server_address[1]}/v3"},
    }
    try:
        with pytest.raises(CloudError, match="certificate") as caught:
            cloud_of(secure, tmp_path).login()
        assert "cacert" in (caught.value.remedy or "")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_the_quota_of_a_project_that_has_gone_is_missing(
    entry: dict[str, Any], lab: StandingLab, tmp_path: Path
) -> None:
    identity = lab.connect("extranet").identity
    project = identity.create_project(name="short-lived").id
    quota, cloud = KINDS["compute_quota"], cloud_of(entry, tmp_path)
    assert quota.read(cloud, project) is not None
    identity.delete_project(project)
    assert quota.read(cloud, project) is None
