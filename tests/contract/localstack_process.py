"""LocalStack as a child on a loopback port, with the services that a test asks for."""

import http.client
import json
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_CHILD: Final = Path(__file__).with_name("localstack_child.py")
_START_S: Final = 60
_STOP_S: Final = 5


@contextmanager
def running(python: Path, services: Sequence[str]) -> Iterator[str]:
    """LocalStack, run by `python`, on a free port: its host name and port. It has `services`, as AWS's own names say."""
    folder = tempfile.mkdtemp(prefix="foreman-localstack-")
    port = _free_port()
    log = Path(folder) / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(python), "-P", str(_CHILD), folder],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(port, folder, services),
            start_new_session=True,
        )
    try:
        _await_ready(port, services, process, log)
        yield f"127.0.0.1:{port}"
    finally:
        _end(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(port: int, folder: str, services: Sequence[str]) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "HOME": folder,
        "TMPDIR": folder,
        "FILESYSTEM_ROOT": f"{folder}/root",
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "GATEWAY_SERVER": "hypercorn",  # the others listen on every interface
        "SERVICES": ",".join(services),
        "STRICT_SERVICE_LOADING": "1",
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "OVERRIDE_IN_DOCKER": "0",
        "DNS_ADDRESS": "0",
    }


def _await_ready(port: int, services: Sequence[str], process: subprocess.Popen[bytes], log: Path) -> None:
    ends_at = time.monotonic() + _START_S
    while not _is_ready(port, services):
        if process.poll() is not None or time.monotonic() > ends_at:
            raise RuntimeError(f"LocalStack did not come up: {log.read_text()[-2000:]}")
        time.sleep(0.05)


def _is_ready(port: int, wanted: Sequence[str]) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/_localstack/health")
        answer = connection.getresponse()
        states = json.load(answer).get("services", {})
        return answer.status == http.client.OK and all(
            states.get(each) in ("available", "running") for each in wanted
        )
    except (OSError, ValueError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
