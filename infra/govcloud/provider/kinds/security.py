"""Security groups and their rules, sharing, and quality of service: Neutron's API v2.0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from govcloud.provider.cloud import Cloud
from govcloud.provider.kind import Change, Consequence, Field, Kind, Marker, Raw, Resolved, required
from govcloud.provider.snapshot import Snapshot


class SecurityGroup(Kind):
    """A security group: `security-groups`. Its list brings its rules along."""

    name = "security_group"
    path = "/security-groups"
    fields = (
        Field("name", required=True),
        Field("project", "project_id", ("project",), Change.CREATE_FIRST, required=True),
        Field("stateful", change=Change.CREATE_FIRST, default=True),
    )
    delete_costs = Consequence.INTERRUPTS


class SecurityGroupRule(Kind):
    """What a group admits: `security-group-rules`. A rule cannot be changed, only replaced."""

    name = "security_group_rule"
    path = "/security-group-rules"
    natural_key = (
        "security_group",
        "direction",
        "ethertype",
        "protocol",
        "port_range_min",
        "port_range_max",
        "remote_ip_prefix",
        "remote_group",
        "remote_address_group",
    )
    part_of = ("security_group",)
    fields = (
        required("security_group", api="security_group_id", refers_to=("security_group",)),
        required("direction"),
        Field("ethertype", change=Change.DELETE_FIRST, default="IPv4"),
        Field("protocol", change=Change.DELETE_FIRST),
        Field("port_range_min", change=Change.DELETE_FIRST),
        Field("port_range_max", change=Change.DELETE_FIRST),
        Field("remote_ip_prefix", change=Change.DELETE_FIRST),
        Field("remote_group", "remote_group_id", ("security_group",), Change.DELETE_FIRST),
        Field("remote_address_group", "remote_address_group_id", ("address_group",), Change.DELETE_FIRST),
    )
    marker_updatable = False
    delete_costs = Consequence.INTERRUPTS

    def list(self, snapshot: Snapshot) -> Sequence[Raw]:
        """The rules of every group: Neutron takes eight times as long over a list of its own for them."""
        groups = snapshot.collection("network", SecurityGroup.path)
        return [rule for group in groups for rule in group["security_group_rules"]]


class RBACPolicy(Kind):
    """Who else may use an object: `rbac-policies`. It takes no description: the tuple is its identity."""

    name = "rbac_policy"
    path = "/rbac-policies"
    marked_by = Marker.NONE
    natural_key = ("object_type", "object", "action", "target_project")
    part_of = ("object",)
    fields = (
        required("object_type"),
        required(
            "object",
            api="object_id",
            refers_to=("network", "qos_policy", "address_group", "security_group"),
        ),
        required("action"),
        Field("target_project", "target_tenant", ("project",), required=True),
    )
    delete_costs = Consequence.INTERRUPTS


class QoSPolicy(Kind):
    """A quality-of-service policy: `qos/policies`. Its list brings its rules along."""

    name = "qos_policy"
    path = "/qos/policies"
    singular = "policy"
    fields = (
        Field("name", required=True),
        Field("project", "project_id", ("project",), Change.CREATE_FIRST, required=True),
        Field("shared", default=False),
    )
    ignored = {"is_default": "every port names its policy"}


class QoSRule(Kind):
    """A rule of a QoS policy: one of a type and direction in a policy, and no description."""

    path = "/qos/policies"
    marked_by = Marker.NONE
    rule_type: ClassVar[str]

    @property
    def wrapper(self) -> str:
        """The key that wraps one rule."""
        return f"{self.rule_type}_rule"

    def list(self, snapshot: Snapshot) -> Sequence[Raw]:
        """The rules of this type of every policy."""
        return [
            {**rule, "policy": policy["id"], "project_id": policy["project_id"]}
            for policy in snapshot.collection("network", "/qos/policies")
            for rule in policy["rules"]
            if rule["type"] == self.rule_type
        ]

    def identity(self, raw: Raw) -> str:
        """`policy/rule`."""
        return f"{raw['policy']}/{raw['id']}"

    def read(self, cloud: Cloud, identifier: str) -> Raw | None:
        """The rule under its policy."""
        policy, rule = identifier.split("/")
        answer = cloud.get("network", self._rules(policy) + f"/{rule}", absent_ok=True)
        return None if answer is None else {**answer[self.wrapper], "policy": policy}

    def create(self, cloud: Cloud, values: Resolved, marker: str) -> Raw:
        """Add the rule to its policy."""
        body = {k: v for k, v in self.body(values).items() if k != "policy"}
        answer = cloud.post("network", self._rules(values["policy"]), {self.wrapper: body})
        return {**answer[self.wrapper], "policy": values["policy"]}

    def update(self, cloud: Cloud, identifier: str, changed: Resolved, raw: Raw) -> None:
        """Change the rule in place."""
        policy, rule = identifier.split("/")
        body = {self.wrapper: self.nullable_body(changed)}
        cloud.send("network", "PUT", f"{self._rules(policy)}/{rule}", body)

    def delete(self, cloud: Cloud, identifier: str) -> None:
        """Take the rule out of its policy."""
        policy, rule = identifier.split("/")
        cloud.delete("network", f"{self._rules(policy)}/{rule}")

    def _rules(self, policy: str) -> str:
        return f"{self.path}/{policy}/{self.rule_type}_rules"


class QoSBandwidthLimitRule(QoSRule):
    """A ceiling on a port's rate, in kbit/s."""

    name = "qos_bandwidth_limit_rule"
    rule_type = "bandwidth_limit"
    natural_key = ("policy", "direction")
    part_of = ("policy",)
    fields = (
        required("policy", refers_to=("qos_policy",)),
        Field("direction", change=Change.DELETE_FIRST, default="egress"),
        Field("max_kbps", required=True),
        Field("max_burst_kbps", default=0),
    )


class QoSDscpMarkingRule(QoSRule):
    """The DSCP mark on a port's packets (RFC 2474)."""

    name = "qos_dscp_marking_rule"
    rule_type = "dscp_marking"
    natural_key = ("policy",)
    part_of = ("policy",)
    fields = (
        required("policy", refers_to=("qos_policy",)),
        Field("dscp_mark", required=True),
    )
