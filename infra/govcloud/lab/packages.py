"""`python -m govcloud.lab.packages`: the Debian packages that a machine needs to bear the lab, one a line."""

from __future__ import annotations

import sys

from govcloud.lab.preflight import packages

if __name__ == "__main__":
    sys.stdout.writelines(f"{name}\n" for name in packages())
