"""Topology to stacks of resources: the pure compiler."""

from govcloud.stacks.builder import references
from govcloud.stacks.compiler import compile_topology
from govcloud.stacks.model import Resource, Scalar, Secret, Stack, Supplied, Value

__all__ = ["Resource", "Scalar", "Secret", "Stack", "Supplied", "Value", "compile_topology", "references"]
