"""What a container remembers of API keys between requests. Everything is bounded, so no caller can make it grow."""

import threading
import time
from collections.abc import Callable
from typing import Final

from cachetools import LRUCache, TTLCache

from foreman_engine.domain.keys import ApiKey
from foreman_engine.domain.rate_windows import Window

BELIEVED_S: Final = 30
"""How long an answer about a key is believed: a revoked key, or a changed limit, is noticed well within 60 seconds."""
MAX_KEYS: Final = 1024


class Remembered:
    """Keys that are good, hashes that no key has, and the rate windows of keys. Safe to share between threads.

    Good and unknown keys have each their own room, so that a flood of made-up keys drives out no good one.
    """

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing; `timer` is in seconds."""
        self._good: TTLCache[str, ApiKey] = TTLCache(MAX_KEYS, BELIEVED_S, timer)
        self._unknown: TTLCache[str, bool] = TTLCache(MAX_KEYS, BELIEVED_S, timer)
        self._windows: LRUCache[tuple[str, int], Window] = LRUCache(MAX_KEYS)
        self._lock = threading.Lock()

    def key(self, key_hash: str) -> ApiKey | None:
        """The good key of that hash, if it was seen lately."""
        with self._lock:
            return self._good.get(key_hash)

    def is_unknown(self, key_hash: str) -> bool:
        """Whether there was no good key of that hash lately."""
        with self._lock:
            return key_hash in self._unknown

    def remember_key(self, key_hash: str, key: ApiKey | None) -> None:
        """Keep what was found; None: no good key."""
        with self._lock:
            if key is None:
                self._unknown[key_hash] = True
            else:
                self._good[key_hash] = key

    def window(self, key_hash: str, window_s: int) -> Window | None:
        """The last window of that length in which a request of the key counted."""
        with self._lock:
            return self._windows.get((key_hash, window_s))

    def remember_window(self, key_hash: str, window_s: int, window: Window) -> None:
        """Keep a window, unless more is known of the same one: answers may overtake each other."""
        with self._lock:
            before = self._windows.get((key_hash, window_s))
            if before is None or before.number != window.number or before.used < window.used:
                self._windows[key_hash, window_s] = window
