"""Neutron's API, made ready before its first request.

Its policies are loaded: Neutron loads them at the first request, and requests that come at the same moment
find half of them and are refused (403). What the program itself is made of is taken out of the garbage
collector's sight, which then looks less often: it took a seventh of an apply's time and found nothing.
"""

import gc

from neutron import policy
from neutron.wsgi.api import application

policy.init()
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 100)
__all__ = ["application"]
