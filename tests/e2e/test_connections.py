"""Clients and sockets: shared by threads, never by processes, reused while open, and closed without a warning."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from foreman_client import ForemanConfig, health
from foreman_client import _http as http
from tests.e2e.processes import clean_environment


class Service(ThreadingHTTPServer):
    """Answers `health` with the number of the connection it came on; counts connections."""

    daemon_threads = True
    block_on_close = False
    connections = 0
    _lock = threading.Lock()

    def next_number(self) -> int:
        with self._lock:
            self.connections += 1
            return self.connections


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Service

    def setup(self) -> None:
        super().setup()
        self.number = self.server.next_number()

    def do_GET(self) -> None:
        body = b'{"status":"%d","timestamp":"","environment":"","services":{}}' % self.number
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    with Service(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def played(service: Service, program: str) -> list[str]:
    """What a program prints, in an interpreter where every warning is an error."""
    start = f"from foreman_client import *\nconfig = ForemanConfig('http://127.0.0.1:{service.server_port}', 'k')\n"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", start + program],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def test_calls_of_one_thread_after_another_share_a_connection(service: Service) -> None:
    program = "for _ in range(5): print(health(config).data.status)"
    assert played(service, program) == ["1"] * 5


def test_a_client_may_be_shared_between_threads(service: Service) -> None:
    config = ForemanConfig(f"http://127.0.0.1:{service.server_port}", "k")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: health(config).unwrap().status, range(200)))
    assert len(found) == 200
    assert service.connections <= 50  # far fewer than calls; a pool may open one while another becomes free
    http.session_for.cache_clear()


FORK = """
import os
def status(): return health(config).data.status
print(status(), flush=True)
child = os.fork()
if not child:
    print(status(), status(), flush=True)
    os._exit(0)
os.waitpid(child, 0)
print(status())
"""


def test_a_forked_child_has_connections_of_its_own(service: Service) -> None:
    assert played(service, FORK) == ["1", "2", "2", "1"]


ASYNC = """
import asyncio
async def main():
    return [(await aio.health(config)).data.status for _ in range(3)]
print(*asyncio.run(main()))
print(*asyncio.run(main()))
async def many():
    await asyncio.gather(*(aio.health(config) for _ in range(20)))
    await aio.close()
asyncio.run(many())
"""


def test_async_functions_share_a_connection_in_each_loop_and_leave_nothing_open(service: Service) -> None:
    assert played(service, ASYNC) == ["1"] * 3 + ["2"] * 3


CANCELLED = """
import asyncio
async def main():
    calls = [asyncio.create_task(aio.health(config)) for _ in range(10)]
    await asyncio.sleep(0.01)
    for call in calls: call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    print((await aio.health(config)).success)
asyncio.run(main())
"""


def test_cancelled_calls_leave_nothing_open_either(service: Service) -> None:
    assert played(service, CANCELLED) == ["True"]
