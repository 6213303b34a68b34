"""What a cloud makes by itself beside what it is asked for: neither ours to declare nor an intrusion."""

from __future__ import annotations

from govcloud.provider import KINDS, Kind, Raw, Session

DEFAULT_GROUP = "default"
"""The group that Neutron makes in every project."""


class Derived:
    """Tells foreign objects in our projects from those that the cloud itself has made there."""

    def __init__(self, session: Session) -> None:
        self._projects = {
            identifier
            for address, one in session.references.declared.items()
            if one.kind == "project" and (identifier := session.references.identifier(address)) is not None
        }
        groups = session.snapshot.index(KINDS["security_group"]).by_id
        self._default_groups = {name for name, raw in groups.items() if raw["name"] == DEFAULT_GROUP}

    def is_in_a_project_of_ours(self, kind: Kind, raw: Raw) -> bool:
        """Whether an object lies in a project that we declare."""
        return kind.owner(raw) in self._projects

    def made_by_the_cloud(self, kind: Kind, raw: Raw) -> bool:
        """Whether a part of the cloud has put it there: ports of routers, a project's first group."""
        if kind.name == "security_group":
            return raw["id"] in self._default_groups
        if kind.name == "security_group_rule":
            return raw["security_group_id"] in self._default_groups or _lets_out(raw)
        if kind.name == "rbac_policy":
            # What a network's or a policy's own `external` and `shared` say, which are compared themselves.
            return raw["target_tenant"] == "*" and raw["object_type"] in ("network", "qos_policy")
        if kind.name == "port":
            return str(raw.get("device_owner") or "").startswith("network:")
        return False


def _lets_out(rule: Raw) -> bool:
    """The two rules that Neutron puts into every new group: everything may leave, by IPv4 and by IPv6."""
    narrowed = ("protocol", "remote_ip_prefix", "remote_group_id", "remote_address_group_id")
    return rule["direction"] == "egress" and not any(rule.get(name) for name in narrowed)
