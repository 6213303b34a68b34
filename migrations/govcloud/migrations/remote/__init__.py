"""The way to hosts, by SSH and without anything of ours there: programs, scripts, connections both ways."""

from govcloud.migrations.remote.entering import LostError
from govcloud.migrations.remote.host import Host, Result
from govcloud.migrations.remote.leading import Connect, door_for, door_on_loopback, leading, led
from govcloud.migrations.remote.login import Login
from govcloud.migrations.remote.piping import Pipe

__all__ = [
    "Connect",
    "Host",
    "Login",
    "LostError",
    "Pipe",
    "Result",
    "door_for",
    "door_on_loopback",
    "leading",
    "led",
]
