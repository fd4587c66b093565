"""Asking every part of the stack whether it answers, as a client would."""

import http.client
import time
from urllib.parse import urlsplit

from infra.errors import OperatorError


def await_ready(endpoint: str, api_key: str, ends_at: float, log: str) -> None:
    """Return when health and an authenticated call answer 200.

    Raises:
        OperatorError: they did not by the monotonic instant `ends_at`.
    """
    for path in ("/health", "/api/v1/config"):
        while (status := _status(endpoint, path, api_key)) != http.client.OK:
            if time.monotonic() > ends_at:
                raise OperatorError(
                    f"The API did not come up in time ({path} answers {status or 'nothing'}); see {log}."
                )
            time.sleep(0.1)


def _status(endpoint: str, path: str, api_key: str) -> int | None:
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=5)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {api_key}"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
