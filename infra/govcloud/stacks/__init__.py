"""Topology to stacks of resources: the pure compiler."""

from govcloud.stacks.model import Resource, Scalar, Secret, Stack, Supplied, Value

__all__ = ["Resource", "Scalar", "Secret", "Stack", "Supplied", "Value"]
