"""Neutron's API with its policies loaded before the first request.

Neutron loads them at the first request, and requests that come at the same moment find half of them: 403.
"""

from neutron import policy
from neutron.wsgi.api import application

policy.init()
__all__ = ["application"]
