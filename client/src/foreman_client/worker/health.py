"""A port for probes: `GET /healthz` says whether the worker lives, `GET /readyz` whether it takes in tasks."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from foreman_client.worker.status import WorkerState, WorkerStatus

_ALIVE = (WorkerState.STARTING, WorkerState.RUNNING, WorkerState.STOPPING)


class HealthServer:
    """Listens from its making until `close`.

    Raises:
        OSError: the address cannot be listened on.
    """

    def __init__(self, host: str, port: int, status: Callable[[], WorkerStatus]) -> None:
        self._server = _Server((host, port), _handler(status))
        self._thread = threading.Thread(target=self._server.serve_forever, name="foreman-health", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port, also when 0 asked for any."""
        return self._server.server_port

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


def _handler(status: Callable[[], WorkerStatus]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10.0  # a client that says nothing holds no thread

        def do_GET(self) -> None:
            now = status()
            well = {"/healthz": now.alive and now.state in _ALIVE, "/readyz": now.ready}.get(self.path)
            body = json.dumps(now.to_json() if well is not None else {"error": "not found"}).encode()
            self.send_response({True: 200, False: 503, None: 404}[well])
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature of http.server
            """Probes are not logged."""

    return Handler
