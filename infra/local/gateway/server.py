"""The HTTP server of the local stack: HTTP/1.1 with keep-alive, a thread for each connection."""

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, NoReturn, TypeAlias

from foreman_contract.enums import ErrorCode
from infra.local.busy import Busy
from infra.local.faults import log_fault
from infra.local.gateway.event import HttpRequest, HttpResponse
from infra.local.gateway.invoke import MAX_REQUEST_BYTES, refusal, too_large

Handle: TypeAlias = Callable[[HttpRequest], HttpResponse]

_log = logging.getLogger(__name__)
_IDLE_S: Final = 75
_CHUNK: Final = 1 << 16
_DRAIN_LIMIT: Final = 64 * 1024 * 1024


class HttpServer(ThreadingHTTPServer):
    """Listens at once, so that a taken port is known early; whoever connects is answered from `serving` on."""

    request_queue_size = 256
    daemon_threads = True

    def __init__(self, port: int) -> None:
        """Listen on 127.0.0.1; `port` 0 takes a free one.

        Raises:
            OSError: the port is taken, or not for us.
        """
        self.handle_request_with: Handle = lambda _: refusal(503, ErrorCode.UNAVAILABLE, "Not up yet")
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

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class's signature
        """A client that hangs up is no error; anything else goes to the log."""
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError | TimeoutError):
            log_fault(_log, "a connection failed", error)


class _RefusedError(Exception):
    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


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
                response = self._call(self._read_body())
            except _RefusedError as refused:
                self.close_connection = True
                response = refused.response
            self._respond(response)

    def _call(self, body: bytes) -> HttpResponse:
        path, _, query = self.path.partition("?")
        request = HttpRequest(
            self.command, path, query, self.headers.items(), body, str(self.client_address[0])
        )
        try:
            return self.server.handle_request_with(request)
        except Exception as error:
            log_fault(_log, "the function failed", error)
            return refusal(500, ErrorCode.INTERNAL, "The function failed")

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_chunks()
        size = _size(self.headers.get("Content-Length", "0"), 10)
        if size > MAX_REQUEST_BYTES:
            self._refuse_body(size)
        return self._read(size)

    def _read_chunks(self) -> bytes:
        body = bytearray()
        while size := _size(self.rfile.readline(64).split(b";")[0].strip().decode("latin-1"), 16):
            if len(body) + size > MAX_REQUEST_BYTES:
                self._refuse_body(size)
            body += self._read(size)
            self.rfile.readline(64)
        while self.rfile.readline(_CHUNK).strip():
            pass  # trailers
        return bytes(body)

    def _read(self, size: int) -> bytes:
        body = self.rfile.read(size)
        if len(body) < size:
            raise ConnectionResetError  # half a body must not reach the app
        return body

    def _refuse_body(self, size: int) -> NoReturn:
        """Refuse, but read on for a while: a client that is still sending would see a reset instead of the answer."""
        left = min(size, _DRAIN_LIMIT)
        while left > 0 and (chunk := self.rfile.read(min(left, _CHUNK))):
            left -= len(chunk)
        raise _RefusedError(too_large(f"A request is at most {MAX_REQUEST_BYTES} bytes here."))

    def _respond(self, response: HttpResponse) -> None:
        self.send_response(response.status)
        for name, value in response.headers:
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        if response.status >= 200 and response.status not in (204, 304):
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
        if not hasattr(self, "headers"):
            self.request_version = self.protocol_version
        self._respond(refusal(code, ErrorCode.INVALID_REQUEST, HTTPStatus(code).phrase))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
        """Say nothing: the server logs each request itself."""


def _size(text: str, base: int) -> int:
    try:
        size = int(text, base)
    except ValueError:
        size = -1
    if size < 0:
        raise _RefusedError(refusal(400, ErrorCode.INVALID_REQUEST, "The length of the body is not a number"))
    return size
