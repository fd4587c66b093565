"""Rate windows in memory."""

from dataclasses import replace

from foreman_engine.domain.rate_windows import Window
from foreman_engine.memory.state import MemoryState


class MemoryRateWindows:
    """RateWindows."""

    def __init__(self, state: MemoryState) -> None:
        self._state = state

    def latest(self, org_id: str, key_hash: str, window_s: int) -> Window | None:
        """The window with the highest number, whether or not it has ended."""
        with self._state.lock:
            row = self._state.windows.get((org_id, key_hash, window_s), {})
            return row[max(row)] if row else None

    def count(self, org_id: str, key_hash: str, window_s: int, number: int, now_ms: int) -> Window:
        """Add one request to a window and answer what it is then."""
        with self._state.lock:
            row = self._state.windows.setdefault((org_id, key_hash, window_s), {})
            window = row.get(number) or Window(number, now_ms + window_s * 1000, 0)
            row[number] = replace(window, used=window.used + 1)
            return row[number]
