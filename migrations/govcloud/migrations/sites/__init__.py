"""Moves a web site: virtual host, certificates and service, rewritten for the platform."""

from govcloud.migrations.sites.mover import SitesMover
from govcloud.migrations.sites.place import SitePlace

__all__ = ["SitePlace", "SitesMover"]
