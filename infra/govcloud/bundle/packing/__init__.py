"""Making a bundle, on a machine with a network."""

from govcloud.bundle.packing.creating import Created, create

__all__ = ["Created", "create"]
