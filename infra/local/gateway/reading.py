"""Reading a request from a connection, within API Gateway's limits and with no doubt about where its body ends."""

import re
from email.errors import (
    FirstHeaderLineIsContinuationDefect,
    InvalidHeaderDefect,
    MisplacedEnvelopeHeaderDefect,
    MissingHeaderBodySeparatorDefect,
)
from email.message import Message
from io import BufferedIOBase
from typing import Final

from foreman_contract.enums import ErrorCode
from infra.local.gateway.event import HttpResponse
from infra.local.gateway.refusals import no_http, refusal, too_large

MAX_REQUEST_BYTES: Final = 10 * 1024 * 1024
"""Of a body. Source: API Gateway quotas, REST payload size."""
MAX_HEAD_BYTES: Final = 10_240
"""Of the request line and the values of all headers. Source: API Gateway quotas, REST APIs."""
_HEAD_DEFECTS: Final = (
    FirstHeaderLineIsContinuationDefect,
    InvalidHeaderDefect,
    MisplacedEnvelopeHeaderDefect,
    MissingHeaderBodySeparatorDefect,
)
"""Not those of a multipart body: the parser misses one because it is given the head alone."""
_TRAILER_BYTES: Final = 1 << 16
_DECIMAL: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_HEXADECIMAL: Final = re.compile(r"[0-9a-fA-F]{1,15}", re.ASCII)


class RefusedError(Exception):
    """The request is not served; what follows on its connection cannot be understood either."""

    def __init__(self, response: HttpResponse) -> None:
        """Keep what to answer."""
        super().__init__()
        self.response = response


def check_head(request_line: bytes, headers: Message) -> None:
    """See that the head of a request is well formed and not too large.

    Raises:
        RefusedError: it is not.
    """
    if len(request_line) > MAX_HEAD_BYTES:
        raise RefusedError(_head_too_large(414, "The request line"))
    if len(request_line) + sum(map(len, headers.values())) > MAX_HEAD_BYTES:
        raise RefusedError(_head_too_large(431, "The request line and its headers"))
    if any(isinstance(defect, _HEAD_DEFECTS) for defect in headers.defects):
        raise RefusedError(no_http("A line of the head is no header."))


def _head_too_large(status: int, what: str) -> HttpResponse:
    return refusal(status, ErrorCode.INVALID_REQUEST, f"{what} may have {MAX_HEAD_BYTES} bytes here.")


def read_body(stream: BufferedIOBase, headers: Message) -> bytes:
    """The body of a request whose head has been read.

    Raises:
        RefusedError: it is too large, or its length is in doubt: whoever reads it otherwise would find another request in it.
        ConnectionResetError: the client went before its end.
    """
    lengths, codings = headers.get_all("Content-Length", []), headers.get_all("Transfer-Encoding", [])
    if len(lengths) + len(codings) > 1:
        raise RefusedError(no_http("The length of the body is given more than once."))
    if codings:
        if codings[0].strip().lower() != "chunked":
            raise RefusedError(no_http("The only Transfer-Encoding here is chunked."))
        return _read_chunks(stream)
    size = _size(lengths[0], _DECIMAL, 10) if lengths else 0
    _check_size(size)
    return _read(stream, size)


def _read_chunks(stream: BufferedIOBase) -> bytes:
    body = bytearray()
    while size := _size(_line(stream).partition(b";")[0].decode("latin-1"), _HEXADECIMAL, 16):
        _check_size(len(body) + size)
        body += _read(stream, size)
        if _line(stream).strip():
            raise RefusedError(no_http("A chunk is longer than it says."))
    left = _TRAILER_BYTES
    while (line := _line(stream)).strip():
        left -= len(line)
        if left < 0:
            raise RefusedError(_head_too_large(431, "The trailers"))
    return bytes(body)


def _line(stream: BufferedIOBase) -> bytes:
    line = stream.readline(_TRAILER_BYTES)
    if not line.endswith(b"\n"):
        raise ConnectionResetError
    return line


def _read(stream: BufferedIOBase, size: int) -> bytes:
    body = stream.read(size)
    if len(body) < size:
        raise ConnectionResetError  # half a body must not reach the app
    return body


def _check_size(size: int) -> None:
    if size > MAX_REQUEST_BYTES:
        raise RefusedError(too_large(f"A request is at most {MAX_REQUEST_BYTES} bytes here."))


def _size(text: str, digits: re.Pattern[str], base: int) -> int:
    if not digits.fullmatch(text.strip()):
        raise RefusedError(no_http("The length of the body is not a number."))
    return int(text, base)
