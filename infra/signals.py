"""Ctrl-C, SIGTERM and a closed terminal end a command in good order: one exception in the main thread."""

import os
import signal
import time
from types import FrameType
from typing import Final

_DUPLICATE_S: Final = 1
"""`make` passes on a signal that the whole process group got as well."""


class StopRequested(BaseException):
    """Somebody asked the command to end."""


def install() -> None:
    """Raise StopRequested in the main thread at the first signal; a later one ends the process at once.

    That is safe for the children: they see their parent's end and go too.
    """
    first_at: list[float] = []

    def handle(_number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if not first_at:
            first_at.append(now)
            raise StopRequested
        if now - first_at[0] > _DUPLICATE_S:
            os._exit(130)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handle)
