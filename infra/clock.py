"""Wall-clock time for messages to people and for event payloads; nothing is timed with it."""

import time


def now_ms() -> int:
    """Epoch milliseconds."""
    return int(time.time() * 1000)  # noqa: TID251 - an operator's tool, not the server: there is no Clock port here


def local_time(at_ms: int) -> str:
    """`2026-11-23 14:03:22` in the machine's own time zone."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at_ms / 1000))
