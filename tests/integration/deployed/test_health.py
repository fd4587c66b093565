"""Waiting for a stage to answer."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from boto3.session import Session

from infra.deployed import polling
from infra.deployed.account import Account
from infra.deployed.health import await_health
from infra.errors import OperatorError
from tests.unit.infra.stages import stage

ACCOUNT = Account(
    Session(), "123456789012", "eu-west-1", "arn:aws:iam::123456789012:root", {}, emulator=False
)


class Waking(BaseHTTPRequestHandler):
    """Answers 503 until it was asked three times; `/never` for ever."""

    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        good = self.asked > 2 and self.path == "/prod/health"
        self.send_response(200 if good else 503)
        self.end_headers()
        self.wfile.write(b'{"status": "healthy"}' if good else b'{"status": "unhealthy"}')

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(polling, "EVERY_S", 0.01)
    monkeypatch.setattr(Waking, "asked", 0)
    server = HTTPServer(("127.0.0.1", 0), Waking)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_is_asked_until_it_is_well(endpoint: str) -> None:
    assert str(await_health(ACCOUNT, stage(), f"{endpoint}/prod", 30)) == "200 healthy"
    assert Waking.asked == 3


def test_what_was_seen_last_is_told(endpoint: str) -> None:
    with pytest.raises(OperatorError, match=r"at last: 503 unhealthy.*/aws/lambda/foreman-prod says more"):
        await_health(ACCOUNT, stage(), f"{endpoint}/never", 0.05)


def test_silence_is_told_as_such() -> None:
    with pytest.raises(OperatorError, match="no answer"):
        await_health(ACCOUNT, stage(), "http://127.0.0.1:1", 0)
