"""Imported before gRPC, which reads the environment once, while it is imported itself.

Children of this process become other programs at once. gRPC's own care for forks starts its threads anew in
the child, where they meet files that are closed: an Ansible run that began while an engine was still ending
died of it.
"""

import os

os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "false"
