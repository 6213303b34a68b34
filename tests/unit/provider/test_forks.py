"""A process that serves gRPC starts other programs: what gRPC does between fork and exec must not kill them."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import {first}
import os, threading
from concurrent.futures import ThreadPoolExecutor
import grpc

class Echo(grpc.GenericRpcHandler):
    def service(self, details):
        return grpc.unary_unary_rpc_method_handler(lambda request, context: request)

server = grpc.server(ThreadPoolExecutor(8))
server.add_generic_rpc_handlers((Echo(),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
call = grpc.insecure_channel(f"127.0.0.1:{{port}}").unary_unary("/echo/echo")

def chatter():
    while True:
        call(b"x" * 100)

for _ in range(4):
    threading.Thread(target=chatter, daemon=True).start()
ended = []
for _ in range(40):
    child = os.fork()
    if child == 0:  # as pexpect does, which runs Ansible
        os.closerange(3, 256)
        threading.Event().wait(0.02)
        os.execv("/bin/true", ["true"])
    ended.append(os.waitpid(child, 0)[1])
print(ended.count(0), flush=True)
os._exit(0)
"""


@pytest.mark.parametrize("first", ["govcloud.engine", "govcloud.provider", "govcloud.cli.demo"])
def test_children_of_a_process_that_serves_grpc_start(first: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(first=first)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "40\n", done.stderr[-500:]
