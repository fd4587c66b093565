"""Starting MiniStack as a child on a loopback port, and waiting until it answers."""

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Final
from urllib.parse import urlsplit

from infra.errors import OperatorError
from infra.local.home import TEMPLATE, Folders
from infra.local.tether import child

_SERVICES: Final = "sqs,dynamodb,s3,cloudformation,sts,iam,lambda,apigateway,events,logs,cloudwatch,kms"


@contextmanager
def ministack(
    folders: Folders, base: Mapping[str, str], preferred_url: str | None, keep: Sequence[int], ends_at: float
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """MiniStack inside the block: its URL and its process. `ends_at` is the monotonic instant to give up at.

    It takes the port of `preferred_url` when that is free: a worker that is still running finds its queues again.
    `keep` are descriptors that stay open in the child for as long as it may write data.

    Raises:
        OperatorError: it did not come up.
    """
    with closing(_bind(preferred_url)) as listener:
        port = listener.getsockname()[1]
        mode = "ephemeral" if folders.ephemeral else "durable"
        arguments = ["-m", "infra.local.ministack_child", str(listener.fileno()), str(folders.data), mode]
        log = folders.logs / "ministack.log"
        with child(
            arguments, _environment(base, folders, port), log, keep=[listener.fileno(), *keep]
        ) as process:
            listener.close()  # the child's from here on, so that a dead child refuses instead of hanging
            _await_ready(port, process, ends_at, str(log))
            yield f"http://127.0.0.1:{port}", process


def _bind(preferred_url: str | None) -> socket.socket:
    for port in (urlsplit(preferred_url or "").port or 0, 0):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            listener.close()
        else:
            return listener
    raise OperatorError("No loopback port is free for the emulated AWS; close some programs and try again.")


def _environment(base: Mapping[str, str], folders: Folders, port: int) -> dict[str, str]:
    persist = "0" if folders.ephemeral else "1"
    temporary = folders.data / "tmp"
    temporary.mkdir(exist_ok=True)
    return {
        **{
            name: value
            for name, value in base.items()
            if not name.startswith(("AWS_", "MINISTACK_", "LAMBDA_"))
        },
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "SERVICES": _SERVICES,
        "PERSIST_STATE": persist,
        "STATE_DIR": str(folders.data / "state"),
        "S3_PERSIST": persist,
        "S3_DATA_DIR": str(folders.data / "s3"),
        "TMPDIR": str(temporary),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{temporary}/no-docker",  # it needs none, and a slow daemon would hold up the start
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(TEMPLATE.parent), base.get("PYTHONPATH", "")])),
    }


def _await_ready(port: int, process: subprocess.Popen[bytes], ends_at: float, log: str) -> None:
    while not _is_ready(port):
        if process.poll() is not None:
            raise OperatorError(
                f"The emulated AWS ended while starting; see {log}, and run `make setup` if a package is missing."
            )
        if time.monotonic() > ends_at:
            raise OperatorError(f"The emulated AWS did not come up in time; see {log}, then try again.")
        time.sleep(0.02)


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
