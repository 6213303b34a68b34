"""A department with a system of its own, and the server on which that runs today."""

from govcloud.demo.department.department import Department, furnish

__all__ = ["Department", "furnish"]
