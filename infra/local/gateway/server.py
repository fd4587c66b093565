"""The HTTP server of the local stack: HTTP/1.1 with keep-alive, a thread for each connection."""

import logging
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from foreman_contract.enums import ErrorCode
from infra.local.busy import Busy
from infra.local.faults import log_fault
from infra.local.gateway.event import HttpRequest, HttpResponse
from infra.local.gateway.reading import RefusedError, check_head, read_body
from infra.local.gateway.refusals import broken, no_http, refusal, unavailable

Handle: TypeAlias = Callable[[HttpRequest], HttpResponse]

_log = logging.getLogger(__name__)
_IDLE_S: Final = 75
_CHUNK: Final = 1 << 16
_LINGER_S: Final = 2
_LINGER_BYTES: Final = 64 * 1024 * 1024
_ASCII: Final = "".join(map(chr, range(0x21, 0x7F)))


class HttpServer(ThreadingHTTPServer):
    """Listens at once, so that a taken port is known early; whoever connects is answered from `serving` on."""

    request_queue_size = 256
    daemon_threads = True

    def __init__(self, port: int) -> None:
        """Listen on 127.0.0.1; `port` 0 takes a free one.

        Raises:
            OSError: the port is taken, or not for us.
        """
        self.handle_request_with: Handle = lambda _: unavailable(503, "Not up yet")
        self.busy = Busy()
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def endpoint(self) -> str:
        """The address that clients use."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @contextmanager
    def serving(self, handle: Handle, drain_s: float = 3) -> Iterator[None]:
        """Answer requests inside the block; on leaving, those under way get `drain_s` seconds to end."""
        self.handle_request_with = handle
        thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="http", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            self.server_close()
            self.busy.wait_idle(drain_s)

    def shutdown_request(self, request: Any) -> None:
        """Close slowly: a client that is still sending would see a reset instead of the answer."""
        ends_at, left = time.monotonic() + _LINGER_S, _LINGER_BYTES
        with suppress(OSError):
            request.shutdown(socket.SHUT_WR)
            request.settimeout(_LINGER_S)
            while left > 0 and time.monotonic() < ends_at and (chunk := request.recv(_CHUNK)):
                left -= len(chunk)
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class's signature
        """A client that hangs up is no error; anything else goes to the log."""
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError | TimeoutError):
            log_fault(_log, "a connection failed", error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_S
    wbufsize = _CHUNK  # one write per response: with Nagle's algorithm two cost 40 ms
    disable_nagle_algorithm = True
    server: HttpServer

    def __getattr__(self, name: str) -> Any:
        """Serve every method: which ones a path takes is not the server's business."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def version_string(self) -> str:
        """What the Server header says."""
        return "Foreman"

    def _serve(self) -> None:
        with self.server.busy.one():
            try:
                if self.request_version == "HTTP/0.9":
                    self.request_version = self.protocol_version
                    raise RefusedError(no_http("HTTP/1.0 and HTTP/1.1 are served here."))
                check_head(self.raw_requestline, self.headers)
                response = self._call(read_body(self.rfile, self.headers))
            except RefusedError as refused:
                self.close_connection = True
                response = refused.response
            self._respond(response)

    def _call(self, body: bytes) -> HttpResponse:
        # Bytes beyond ASCII do not belong into a request line, but are meant as if they were percent-encoded.
        path, _, query = quote(self.path, safe=_ASCII, encoding="latin-1").partition("?")
        request = HttpRequest(
            self.command, path, query, self.headers.items(), body, str(self.client_address[0])
        )
        try:
            return self.server.handle_request_with(request)
        except Exception as error:
            log_fault(_log, "the function failed", error)
            return broken()

    def handle_expect_100(self) -> bool:
        """Let a client go on that asked before it sends its body, unless its head is refused anyway."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def _respond(self, response: HttpResponse) -> None:
        self.send_response(response.status)
        for name, value in response.headers:
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        if self.command != "HEAD" and response.status not in (204, 304):
            self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and response.status not in (204, 304):
            self.wfile.write(response.body)
        self.wfile.flush()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002 - the base class's signature
        """Answer a request that is no HTTP in the contract's shape. The base class's `message` quotes the request."""
        self.close_connection = True
        self.request_version = self.protocol_version
        status = code if code < 500 else 400  # a version or method that nobody knows is the client's mistake
        self._respond(
            refusal(status, ErrorCode.INVALID_REQUEST, "This is no HTTP request that is served here.")
        )

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
        """Say nothing: the server logs each request itself."""
