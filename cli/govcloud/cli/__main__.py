"""`python -m govcloud.cli` is `govcloud`."""

from govcloud.cli.main import main

main()
