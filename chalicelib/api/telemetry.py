"""One structured line per request. Never a payload, never a key."""

import traceback

from aws_lambda_powertools import Logger

_logger = Logger(service="foreman")


def log_request(
    method: str, route: str, org_id: str, request_id: str, status: int, duration_s: float
) -> None:
    """Tell what was asked, by which organization, and how it went; a 5xx is a warning."""
    log = _logger.warning if status >= 500 else _logger.info
    log(
        "request",
        extra={
            "method": method,
            "route": route,
            "org_id": org_id,
            "request_id": request_id,
            "status": status,
            "duration_ms": round(duration_s * 1000, 1),
        },
    )


def log_bug(error: BaseException, request_id: str) -> None:
    """Tell of an unexpected error: its type and where it came from. Its text may quote a payload, so it is left out."""
    frames = [
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
    ]
    _logger.error(
        "bug", extra={"request_id": request_id, "error_type": type(error).__name__, "frames": frames[-12:]}
    )
