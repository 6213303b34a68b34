"""Enters a host by SSH: its key is one that was declared, and the person's own settings are not read."""

from __future__ import annotations

import base64
import binascii
import hashlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import paramiko
from paramiko.pkey import UnknownKeyType

from govcloud.errors import ToolkitError
from govcloud.migrations.remote.login import Login

SECONDS = 15.0
"""How long a host may take to answer at each step of entering it."""
KEEPALIVE = 15
WINDOW = 16 * 1024 * 1024
"""Bytes under way before an answer: paramiko's own 2 MiB hold back a fast way with some delay."""
PACKET = 64 * 1024
CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes256-ctr")


class LostError(ToolkitError):
    """The connection ended while it was in use."""


@contextmanager
def entered(login: Login) -> Iterator[paramiko.Transport]:
    """A connection that has proved both sides, through the login's bastion if it has one."""
    if login.via is None:
        with _transport(login, _dialled(login)) as transport:
            yield transport
        return
    with entered(login.via) as bastion:
        try:
            channel = bastion.open_channel(
                "direct-tcpip", (login.address, login.port), ("127.0.0.1", 0), timeout=SECONDS
            )
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise ToolkitError(
                f"{login.via.label} does not lead there: {_reason(error)}",
                login.where,
                f"see that {login.via.label} may reach {login.address}:{login.port}",
            ) from error
        with _transport(login, channel) as transport:
            yield transport


def _dialled(login: Login) -> socket.socket:
    try:
        stream = socket.create_connection((login.address, login.port), SECONDS)
        # What is asked and answered in small pieces would wait for acknowledgements otherwise, 40 ms each.
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return stream
    except OSError as error:
        raise ToolkitError(
            f"it cannot be reached: {_reason(error)}", login.where, "see that it runs and that SSH answers"
        ) from error


@contextmanager
def _transport(login: Login, channel: Any) -> Iterator[paramiko.Transport]:
    transport = paramiko.Transport(channel, default_window_size=WINDOW, default_max_packet_size=PACKET)
    try:
        options = transport.get_security_options()
        options.ciphers = [name for name in CIPHERS if name in options.ciphers]
        options.key_types = _key_types(login, options.key_types)
        _begin(login, transport)
        transport.set_keepalive(KEEPALIVE)
        yield transport
    finally:
        transport.close()


def _begin(login: Login, transport: paramiko.Transport) -> None:
    try:
        transport.start_client(timeout=SECONDS)
        _demand_declared(login, transport.get_remote_server_key())
        transport.auth_publickey(login.user, _key(login))
    except paramiko.AuthenticationException as error:
        raise ToolkitError(
            f"it does not let {login.user} in with {login.key}",
            login.where,
            f"add {login.key}.pub to its authorized_keys",
        ) from error
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise ToolkitError(
            f"it did not answer as SSH does: {_reason(error)}", login.where, "see what answers at that port"
        ) from error


def _key_types(login: Login, offered: Any) -> list[str]:
    """The kinds of host keys that were declared: a host is asked to prove itself by one of these."""
    declared = {key.split()[0] for key in login.host_keys}
    if "ssh-rsa" in declared:
        declared |= {"rsa-sha2-256", "rsa-sha2-512"}
    kinds = [name for name in offered if name in declared]
    if not kinds:
        raise ToolkitError(
            f"its declared host keys are of no kind that can be checked: {', '.join(sorted(declared))}",
            login.where,
            "declare an ssh-ed25519 key, read at the host itself",
        )
    return kinds


def _demand_declared(login: Login, seen: paramiko.PKey) -> None:
    declared = [_blob(key) for key in login.host_keys]
    if seen.asbytes() not in declared:
        known = ", ".join(_fingerprint(blob) for blob in declared)
        raise ToolkitError(
            f"it proves itself by another host key: {_fingerprint(seen.asbytes())}, declared {known}",
            login.where,
            "somebody may stand between: read the key at the host itself, and mend `host_keys` if it changed",
        )


def _blob(key: str) -> bytes:
    try:
        return base64.b64decode(key.split()[1], validate=True)
    except (IndexError, binascii.Error) as error:
        raise ToolkitError(f"`{key}` is no host key", remedy="write `ssh-ed25519 AAAA…`") from error


def _fingerprint(blob: bytes) -> str:
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _key(login: Login) -> paramiko.PKey:
    try:
        return paramiko.PKey.from_path(login.key)
    except (OSError, ValueError, paramiko.SSHException, UnknownKeyType) as error:
        raise ToolkitError(
            f"the key cannot be used: {_reason(error)}", str(login.key), "name a private key of your own"
        ) from error


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).strip().splitlines()[0]
