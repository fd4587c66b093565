"""The Ids port over any source of randomness: the system's in production, a seeded one in tests."""

import random
import string
import threading
from typing import Final

from foreman_engine.domain.ids import MAX_SEQUENCE, created_ms, make_entry_id, make_run_id, make_task_id
from foreman_engine.domain.sequence import Drawn, following

_BASE62: Final = string.digits + string.ascii_letters
_MAX_ENTRY_SEQUENCE: Final = (1 << 12) - 1


class DrawnIds:
    """Ids: each task, entry or schedule id of a process lies behind those it drew before, whatever the clock does. Thread-safe."""

    def __init__(self, source: random.Random) -> None:
        self._random = source
        self._lock = threading.Lock()
        self._task = Drawn(0, 0)
        self._entry = Drawn(0, 0)

    def run_id(self, now_ms: int) -> str:
        """A fresh run id."""
        with self._lock:
            return make_run_id(now_ms, self._random.getrandbits(74))

    def task_ids(self, run_id: str, now_ms: int, count: int) -> list[str]:
        """Fresh ids of one run, ascending, and behind those that this process drew before."""
        # A run's id may come from a clock ahead of ours; all of its tasks would fall into its first millisecond, unordered.
        now_ms = max(now_ms, created_ms(run_id))
        with self._lock:
            return [self._task_id(run_id, now_ms) for _ in range(count)]

    def _task_id(self, run_id: str, now_ms: int) -> str:
        self._task = following(self._task, now_ms, self._random.getrandbits(14), MAX_SEQUENCE)
        return make_task_id(run_id, self._task.ms, self._task.sequence)

    def entry_id(self, now_ms: int) -> str:
        """A fresh entry id, behind those that this process drew before."""
        with self._lock:
            self._entry = following(self._entry, now_ms, self._random.getrandbits(11), _MAX_ENTRY_SEQUENCE)
            return make_entry_id(self._entry.ms, self._entry.sequence, self._random.getrandbits(62))

    def schedule_id(self, now_ms: int) -> str:
        """A fresh schedule id, behind those that this process drew before."""
        return self.entry_id(now_ms)  # the same form: nothing but the order of creation is read from it

    def uniform(self) -> float:
        """Uniform in [0, 1)."""
        with self._lock:
            return self._random.random()

    def secret(self) -> str:
        """40 characters of base62, as secret as the source."""
        with self._lock:
            return "".join(self._random.choices(_BASE62, k=40))
