"""Unexpected errors in the local stack's log: never what they say, which may quote a payload or a key."""

import logging
import traceback
from typing import Final

_FRAMES: Final = 12


def log_fault(logger: logging.Logger, what: str, error: BaseException) -> None:
    """Tell what failed, the error's type and where it came from."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))
    logger.error("%s: %s at %s", what, type(error).__name__, places)
