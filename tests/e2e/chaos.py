"""A network at its worst, by a seeded plan: a TCP proxy in front of an API that drops, delays, doubles and cuts."""

import contextlib
import http.client
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


class Fate(StrEnum):
    """What becomes of a request and its answer."""

    PASS = "pass"
    DELAY = "delay"
    DROP = "drop the request"
    DROP_ANSWER = "drop the answer"
    CUT = "cut the request"
    CUT_ANSWER = "cut the answer"
    DOUBLE = "send the request twice, one after the other"
    RACE = "send the request twice at once"
    AWAY = "answer 503 after all was done"


WEIGHTS = dict.fromkeys(Fate, 1) | {Fate.PASS: 4}


class ChaosProxy(ThreadingHTTPServer):
    """Passes requests on to `target` as the plan, which follows from the seed, says; counts the fates in `met`."""

    daemon_threads = True
    request_queue_size = 50

    def __init__(self, target: str, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = urlsplit(target).netloc
        self.met: Counter[Fate] = Counter()
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def fate(self) -> Fate:
        """The next one of the plan."""
        with self._lock:
            [fate] = self._random.choices(list(WEIGHTS), list(WEIGHTS.values()))
            self.met[fate] += 1
            return fate

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is none of the test's business."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ChaosProxy

    def _meet(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fate = self.server.fate()
        if fate is Fate.CUT:
            self._cut(body)
        if fate in (Fate.DROP, Fate.CUT):
            self._hang_up()
            return
        if fate is Fate.RACE:
            twin = threading.Thread(target=self._ask, args=(body,))
            twin.start()
        status, headers, answer = self._ask(body)
        if fate is Fate.RACE:
            twin.join()
        if fate is Fate.DOUBLE:
            status, headers, answer = self._ask(body)
        if fate is Fate.DELAY:
            time.sleep(0.05)
        if fate is Fate.DROP_ANSWER:
            self._hang_up()
        elif fate is Fate.AWAY:
            self._answer(503, {}, b"<html>away</html>")
        else:
            self._answer(status, headers, answer, cut=fate is Fate.CUT_ANSWER)

    def _ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self.server.target, timeout=30)
        with contextlib.closing(connection):
            connection.request(self.command, self.path, body or None, dict(self.headers))
            answer = connection.getresponse()
            return answer.status, dict(answer.headers), answer.read()

    def _cut(self, body: bytes) -> None:
        """Send about half of the request on, and hang up on the service."""
        head = [f"{self.command} {self.path} HTTP/1.1", *(f"{k}: {v}" for k, v in self.headers.items())]
        whole = "\r\n".join(head).encode() + b"\r\n\r\n" + body
        host, _, port = self.server.target.partition(":")
        with socket.create_connection((host, int(port)), timeout=5) as upstream:
            upstream.sendall(whole[: len(whole) - len(body) // 2 - 1])

    def _answer(self, status: int, headers: dict[str, str], body: bytes, *, cut: bool = False) -> None:
        self.send_response(status)
        if "Retry-After" in headers:
            self.send_header("Retry-After", headers["Retry-After"])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_POST = do_PATCH = do_DELETE = _meet  # noqa: N815 - http.server's names

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def chaos_to(target: str, seed: int) -> Iterator[ChaosProxy]:
    """A proxy that is up inside the block."""
    with ChaosProxy(target, seed) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield proxy
        proxy.shutdown()
        thread.join()
