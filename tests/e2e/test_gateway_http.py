"""The local stack's HTTP server, over real sockets."""

import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from infra.local.gateway.event import HttpRequest, HttpResponse
from infra.local.gateway.reading import MAX_HEAD_BYTES, MAX_REQUEST_BYTES
from infra.local.gateway.server import HttpServer


def answer(request: HttpRequest) -> HttpResponse:
    if request.path == "/bug":
        raise RuntimeError("a bug")
    if request.path == "/slow":
        time.sleep(0.3)
    if request.path == "/none":
        return HttpResponse(204, [], b"")
    text = f"{request.method} {request.path} {request.query} {len(request.body)}"
    return HttpResponse(200, [("Content-Type", "text/plain"), ("X", "1"), ("X", "2")], text.encode())


@pytest.fixture(scope="module")
def server() -> Iterator[HttpServer]:
    made = HttpServer(0)
    with made.serving(answer):
        yield made


@pytest.fixture
def client(server: HttpServer) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=5)
    yield connection
    connection.close()


def raw(server: HttpServer, sent: bytes) -> str:
    """What the server says to these bytes before it closes the connection."""
    with socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=5) as connection:
        connection.sendall(sent)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received.decode()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_every_method_reaches_the_app_on_one_connection(
    client: http.client.HTTPConnection, method: str
) -> None:
    for _ in range(2):
        client.request(method, "/a%20b?x=1", body=b"12" if method != "GET" else None)
        response = client.getresponse()
        assert response.status == 200
        assert response.read().decode() == f"{method} /a%20b x=1 {0 if method == 'GET' else 2}"
        assert response.headers.get_all("X") == ["1", "2"]


def test_answers_without_a_body_leave_the_connection_usable(client: http.client.HTTPConnection) -> None:
    client.request("HEAD", "/a")
    assert client.getresponse().read() == b""
    client.request("GET", "/none")
    response = client.getresponse()
    assert (response.status, response.read(), response.headers["Content-Length"]) == (204, b"", None)
    client.request("GET", "/a")
    assert client.getresponse().read() == b"GET /a  0"


def test_small_answers_are_not_held_back(client: http.client.HTTPConnection) -> None:
    began = time.monotonic()
    for _ in range(50):
        client.request("GET", "/a")
        client.getresponse().read()
    assert time.monotonic() - began < 1  # Nagle's algorithm would take two


def test_a_chunked_body_arrives_whole(client: http.client.HTTPConnection) -> None:
    client.request("POST", "/a", body=iter([b"abc", b"de"]), encode_chunked=True)
    assert client.getresponse().read() == b"POST /a  5"
    client.request("GET", "/a")
    assert client.getresponse().read() == b"GET /a  0"


def test_a_bug_is_an_answer_and_the_server_goes_on(client: http.client.HTTPConnection) -> None:
    client.request("GET", "/bug")
    response = client.getresponse()
    body = json.loads(response.read())
    assert (response.status, body["code"]) == (502, "internal_error")
    assert "a bug" not in body["error"]
    client.request("GET", "/a")
    assert client.getresponse().status == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_api_gateways_limit_is_413(server: HttpServer, chunked: bool) -> None:
    size = MAX_REQUEST_BYTES + 1
    if chunked:
        head = b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n" % size
    else:
        head = b"Content-Length: %d\r\n\r\n" % size
    said = raw(server, b"POST /a HTTP/1.1\r\nHost: x\r\n" + head + b"x" * size)
    assert said.startswith("HTTP/1.1 413 ")
    assert json.loads(said.partition("\r\n\r\n")[2])["code"] == "payload_too_large"


@pytest.mark.parametrize(
    "sent",
    [
        b"garbage\r\n\r\n",
        b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"y" * 65_000 + b"\r\n\r\n",
        b"GET /?" + b"a=1&" * 262_144 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nno header\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"GET / HTTP/1.x\r\n\r\n",
        b"POST /a HTTP/1.1\r\nContent-Length: 1_0\r\n\r\n0123456789",
        b"POST /a HTTP/1.1\r\nContent-Length: +2\r\n\r\n01",
        b"POST /a HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 1\r\n\r\n01",
        b"POST /a HTTP/1.1\r\nContent-Length: 2, 2\r\n\r\n01",
        b"POST /a HTTP/1.1\r\nContent-Length: " + b"9" * 400 + b"\r\n\r\n",
        b"POST /a HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /a HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n01\r\n0\r\n\r\n",
        b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n01\r\n0\r\n\r\n",
        b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    ],
    ids=range(23),
)
def test_what_is_no_http_is_refused_in_the_contracts_shape(server: HttpServer, sent: bytes) -> None:
    head, _, body = raw(server, sent).partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 4")
    assert set(json.loads(body)) == {"error", "code", "requestId"}


def test_requests_under_way_are_answered_before_the_end() -> None:
    server = HttpServer(0)
    answers: list[bytes] = []

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=5)
        connection.request("GET", "/slow")
        answers.append(connection.getresponse().read())
        connection.close()

    with server.serving(answer):
        thread = threading.Thread(target=ask)
        thread.start()
        time.sleep(0.1)
    thread.join()
    assert answers == [b"GET /slow  0"]


def test_many_clients_are_served_at_once(server: HttpServer) -> None:
    began = time.monotonic()
    answers: list[str] = []
    ask = b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    threads = [threading.Thread(target=lambda: answers.append(raw(server, ask))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([answer for answer in answers if answer.startswith("HTTP/1.1 200")]) == 20
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /" + b"a" * MAX_HEAD_BYTES + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * MAX_HEAD_BYTES + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nConnection: close\r\nX: " + b"y" * (MAX_HEAD_BYTES - 40) + b"\r\n\r\n", 200),
    ],
)
def test_a_head_over_api_gateways_limit_is_refused(server: HttpServer, sent: bytes, status: int) -> None:
    assert raw(server, sent).startswith(f"HTTP/1.1 {status} ")


def test_a_client_that_asks_before_it_sends_its_body_is_told_to_go_on(server: HttpServer) -> None:
    with socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=5) as connection:
        connection.sendall(b"POST /a HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(1024).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"abc")
        assert b"POST /a  3" in connection.recv(4096)


def test_requests_sent_in_one_go_are_answered_in_order(server: HttpServer) -> None:
    asked = [b"POST /%d HTTP/1.1\r\nContent-Length: 2\r\n\r\nxx" % number for number in range(3)]
    said = raw(server, b"".join(asked) + b"GET /3 HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert re.findall(r"(?:POST|GET) /(\d)", said) == ["0", "1", "2", "3"]


def test_an_old_client_is_answered_and_let_go(server: HttpServer) -> None:
    said = raw(server, b"GET /a HTTP/1.0\r\n\r\n")
    assert said.startswith("HTTP/1.1 200 ")
    assert said.endswith("GET /a  0")


def test_bytes_beyond_ascii_count_as_percent_encoded(server: HttpServer) -> None:
    said = raw(server, "GET /é?key=é HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
    assert said.endswith("GET /%C3%A9 key=%C3%A9 0")
