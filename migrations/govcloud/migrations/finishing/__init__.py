"""The end of a move: the ledger of what stayed behind, and the certificate that the host may go."""

from govcloud.migrations.finishing.certificate import Certificate, certificate_page, write_certificate
from govcloud.migrations.finishing.ledger import Left, left_behind

__all__ = ["Certificate", "Left", "certificate_page", "left_behind", "write_certificate"]
