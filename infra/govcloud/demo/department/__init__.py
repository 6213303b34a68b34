"""A department with a system of its own, the server on which that runs today, and its people."""

from govcloud.demo.department.department import Department
from govcloud.demo.department.people import Door, People
from govcloud.demo.department.settling import EVERY_NIGHT, Settled, declare, furnished, guest_of, settle

__all__ = [
    "EVERY_NIGHT",
    "Department",
    "Door",
    "People",
    "Settled",
    "declare",
    "furnished",
    "guest_of",
    "settle",
]
