"""From the compiler's stacks to what Pulumi runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from govcloud.errors import ToolkitError
from govcloud.provider import KINDS, Declared
from govcloud.stacks import Secret, Stack, Supplied, Value

TOKEN = "govcloud:openstack:"  # noqa: S105 - a type token, not a secret


class Supplies(Protocol):
    """Where values come from that are not in the inventory."""

    def secret(self, name: str) -> str:
        """The secret of that name."""

    def supplied(self, name: str) -> str:
        """The public value of that name."""


def declare(stacks: tuple[Stack, ...], supplies: Supplies) -> dict[str, Declared]:
    """Every resource of one plane by its address, with plain inputs."""
    declared: dict[str, Declared] = {}
    for stack in stacks:
        for resource in stack.resources:
            if resource.kind not in KINDS:
                raise ToolkitError(
                    f"{resource.kind!r} is no kind",
                    stack.address(resource.name),
                    "name a kind of the provider",
                )
            inputs = {name: _plain(value, supplies) for name, value in resource.properties.items()}
            declared[stack.address(resource.name)] = Declared(
                resource.kind, inputs, resource.moved_from, resource.existing
            )
    return declared


def _plain(value: Value, supplies: Supplies) -> Any:
    if isinstance(value, Secret):
        return supplies.secret(value.name)
    if isinstance(value, Supplied):
        return supplies.supplied(value.name)
    if isinstance(value, tuple):
        return [_plain(item, supplies) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item, supplies) for key, item in value.items()}
    return value


def urn(site: str, address: str, kind: str) -> str:
    """How Pulumi calls the resource of an address."""
    stack, _, name = address.rpartition("/")
    return f"urn:pulumi:{pulumi_stack(stack)}::{site}::{TOKEN}{kind}::{name}"


def pulumi_stack(name: str) -> str:
    """`plane/stack` as Pulumi admits it: `plane.stack`."""
    return name.replace("/", ".", 1)


def references(value: Any) -> list[str]:
    """The strings in a value that have the form of an address."""
    if isinstance(value, str):
        return [value] if value.count("/") == 2 else []
    if isinstance(value, Mapping):
        return [found for item in value.values() for found in references(item)]
    if isinstance(value, (list, tuple)):
        return [found for item in value for found in references(item)]
    return []


def in_order(stack: Stack) -> list[Any]:
    """The resources, each behind those of the same stack that it refers to or depends on."""
    by_name = {stack.address(resource.name): resource for resource in stack.resources}
    done: dict[str, Any] = {}
    visiting: set[str] = set()

    def visit(address: str) -> None:
        if address in done:
            return
        if address in visiting:
            raise ToolkitError(
                f"{address} depends on itself", stack.name, "take one dependency of the circle away"
            )
        visiting.add(address)
        resource = by_name[address]
        needs = [stack.address(name) for name in resource.depends_on]
        for value in resource.properties.values():
            needs += references(value)
        for need in needs:
            if need in by_name and need != address:
                visit(need)
        done[address] = resource

    for address in by_name:
        visit(address)
    return list(done.values())
