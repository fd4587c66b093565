"""Where rate windows are counted; one of the ports."""

from typing import Protocol

from foreman_engine.domain.rate_windows import Window


class RateWindows(Protocol):
    """The rate windows of API keys: for each key and each length of a window (seconds) a row, numbered from 1 on.

    A window is kept for a day after its end. Nothing is written but by `count`.
    """

    def latest(self, org_id: str, key_hash: str, window_s: int) -> Window | None:
        """The window with the highest number, whether or not it has ended; strongly consistent."""

    def count(self, org_id: str, key_hash: str, window_s: int, number: int, now_ms: int) -> Window:
        """Add one request to a window and answer what it is then.

        The first request begins it: it ends `window_s` after that one's `now_ms`.
        """
