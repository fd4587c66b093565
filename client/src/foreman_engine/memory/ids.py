"""Ids from a seed: the same seed, clock and calls give the same ids."""

import random
import string
import threading
from typing import Final

from foreman_engine.domain.ids import MAX_SEQUENCE, created_ms, make_entry_id, make_run_id, make_task_id
from foreman_engine.domain.sequence import Drawn, following

_BASE62: Final = string.digits + string.ascii_letters
_MAX_ENTRY_SEQUENCE: Final = (1 << 12) - 1


class SeededIds:
    """Ids and randomness that repeat. Nothing here is secret."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._lock = threading.Lock()
        self._task = Drawn(0, 0)
        self._entry = Drawn(0, 0)

    def run_id(self, now_ms: int) -> str:
        """A fresh run id."""
        with self._lock:
            return make_run_id(now_ms, self._random.getrandbits(74))

    def task_ids(self, run_id: str, now_ms: int, count: int) -> list[str]:
        """Fresh ids of one run, ascending, and behind those drawn before."""
        now_ms = max(now_ms, created_ms(run_id))
        with self._lock:
            return [self._task_id(run_id, now_ms) for _ in range(count)]

    def _task_id(self, run_id: str, now_ms: int) -> str:
        self._task = following(self._task, now_ms, self._random.getrandbits(14), MAX_SEQUENCE)
        return make_task_id(run_id, self._task.ms, self._task.sequence)

    def entry_id(self, now_ms: int) -> str:
        """A fresh entry id, behind those drawn before."""
        with self._lock:
            self._entry = following(self._entry, now_ms, self._random.getrandbits(11), _MAX_ENTRY_SEQUENCE)
            return make_entry_id(self._entry.ms, self._entry.sequence, self._random.getrandbits(62))

    def uniform(self) -> float:
        """Uniform in [0, 1)."""
        with self._lock:
            return self._random.random()

    def secret(self) -> str:
        """40 characters of base62, as repeatable as everything here."""
        with self._lock:
            return "".join(self._random.choices(_BASE62, k=40))
