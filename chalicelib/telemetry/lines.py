"""The log: JSON lines at root level. Never a payload, never a key, never the text of an unexpected error."""

import logging
import sys
import traceback
from collections.abc import Mapping
from typing import Any, Final

from aws_lambda_powertools import Logger

from chalicelib.config import log_level

SERVICE: Final = "foreman"
_FRAMES: Final = 12


class _Stdout(logging.Handler):
    """Writes to whatever stdout is at that moment: the local stack changes it after this module is imported."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stdout.write(self.format(record) + "\n")
        sys.stdout.flush()


def _made() -> Logger:
    made = Logger(
        service=SERVICE,
        level=log_level(),
        logger_handler=_Stdout(),
        location=None,
        utc=True,
        use_rfc3339=True,
    )
    # Lambda's own handler at the root would write every line once more.
    logging.getLogger(SERVICE).propagate = False
    return made


_logger: Final = _made()


def tell(message: str, fields: Mapping[str, Any], level: int = logging.INFO) -> None:
    """Write one line, at INFO, WARNING or ERROR; fields that are None are left out."""
    write = {logging.INFO: _logger.info, logging.WARNING: _logger.warning, logging.ERROR: _logger.error}[
        level
    ]
    write(message, extra={name: value for name, value in fields.items() if value is not None})


def tell_bug(error: BaseException, **ids: str) -> None:
    """Tell of an unexpected error: its type and where it came from. Its text may quote a payload, so it is left out."""
    frames = [
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
    ]
    tell("bug", {**ids, "error_type": type(error).__name__, "frames": frames[-_FRAMES:]}, logging.ERROR)
