"""A TCP server that answers every request with the same bytes, whatever they are, and hangs up."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class RawServer:
    """Where it listens, what it answers, and how many requests it has answered."""

    port: int
    answer: bytes = b""
    requests: int = field(default=0)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # closed: the test is over
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5)
                _read_request(connection)
                self.requests += 1
                connection.sendall(self.answer)


@contextlib.contextmanager
def raw_server() -> Iterator[RawServer]:
    """A server that listens inside the block."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listener:
        server = RawServer(listener.getsockname()[1])
        thread = threading.Thread(target=server.serve, args=(listener,))
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _read_request(connection: socket.socket) -> None:
    """Read head and body to their end: closing before would reset the connection, not end it."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += (got := connection.recv(65_536))
        if not got:
            return
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [
        line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
    ]
    missing = int(lengths[0]) - len(body) if lengths else 0
    while missing > 0:
        missing -= len(connection.recv(65_536)) or missing
