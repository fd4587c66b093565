"""What this worker holds: attempts that run, or whose result is on its way to Foreman."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from foreman_client._unset import UNSET
from foreman_client.worker.queue import Received
from foreman_contract.tasks import Task


class Phase(Enum):
    """Where an attempt is in this worker."""

    RUNNING = auto()
    """Its handler runs; entered by a claim."""
    REPORTING = auto()
    """Its result waits to be recorded; entered when the handler ends or a stop releases it."""
    GONE = auto()
    """No longer this worker's: recorded, cancelled, timed out or lost. Final, even if the handler still runs."""


@dataclass(eq=False, slots=True)
class Attempt:
    """One claimed task with the message that led to it. `beat_at` is monotonic seconds.

    `kind` is the type whose slot it takes: what the message said, which is the task's.
    """

    task: Task
    message: Received
    beat_at: float
    kind: str = ""
    cancelled: threading.Event = field(default_factory=threading.Event)
    progress: Any = UNSET
    phase: Phase = Phase.RUNNING
    _interrupt: Callable[[], None] | None = None
    _interrupting: threading.Lock = field(default_factory=threading.Lock)

    def end_early(self) -> None:
        """Tell the handler that its result is of no use any more, and interrupt it where that can be done."""
        with self._interrupting:
            self.cancelled.set()
            if self._interrupt is not None:
                self._interrupt()

    @contextmanager
    def interrupted_by(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Inside the block an early end calls `interrupt`, which must not block; after it, it never does."""
        self.interrupt_with(interrupt)
        try:
            yield
        finally:
            with self._interrupting:
                self._interrupt = None

    def interrupt_with(self, interrupt: Callable[[], None]) -> None:
        """Have an early end, also one that has been, call `interrupt`, which must not block."""
        with self._interrupting:
            self._interrupt = interrupt
            if self.cancelled.is_set():
                interrupt()

    def set_progress(self, value: Any) -> None:
        """Keep the value for the next heartbeat."""
        self.progress = value


class Holdings:
    """All attempts held, shared by the worker's threads; every change of phase goes through here, atomically."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: list[Attempt] = []
        self._changes = 0
        self._closed = False

    def add(self, attempt: Attempt) -> None:
        """Hold a freshly claimed attempt."""
        with self._changed:
            self._held.append(attempt)
            self._note_change()

    def finish(self, attempt: Attempt) -> bool:
        """Move from running to reporting; False when it is gone or on its way already, so that nobody reports it twice."""
        return self._leave_running(attempt, Phase.REPORTING)

    def give_up(self, attempt: Attempt) -> bool:
        """Drop a running attempt and tell its handler; False when it does not run any more."""
        dropped = self._leave_running(attempt, Phase.GONE)
        if dropped:
            attempt.end_early()
        return dropped

    def forget(self, attempt: Attempt) -> None:
        """Drop an attempt whose report was answered."""
        with self._changed:
            attempt.phase = Phase.GONE
            self._held = [held for held in self._held if held is not attempt]
            self._note_change()

    def running(self) -> list[Attempt]:
        """The attempts whose handlers run."""
        with self._changed:
            return [attempt for attempt in self._held if attempt.phase is Phase.RUNNING]

    def held(self) -> list[Attempt]:
        """All attempts whose lease this worker keeps alive; of a task held twice the latest attempt."""
        with self._changed:
            latest = {
                attempt.task.id: attempt for attempt in sorted(self._held, key=lambda a: a.task.attempt)
            }
            return list(latest.values())

    def wait_until_none_runs(self, timeout_s: float) -> bool:
        """Wait at most that long; whether no handler runs."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._any_running(), timeout_s)

    @property
    def changes(self) -> int:
        """How many changes there were. Whoever will wait for one reads this before what may change."""
        return self._changes

    def wait_for_change(self, timeout_s: float | None, seen: int) -> bool:
        """Wait until there were more changes than were seen, at most that long; False once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._changes != seen, timeout_s)
            return not self._closed

    def close(self) -> None:
        """Let whoever waits for changes go home."""
        with self._changed:
            self._closed = True
            self._note_change()

    def _note_change(self) -> None:
        self._changes += 1
        self._changed.notify_all()

    def _any_running(self) -> bool:
        return any(attempt.phase is Phase.RUNNING for attempt in self._held)

    def _leave_running(self, attempt: Attempt, to: Phase) -> bool:
        with self._changed:
            if attempt.phase is not Phase.RUNNING:
                return False
            attempt.phase = to
            if to is Phase.GONE:
                self._held = [held for held in self._held if held is not attempt]
            self._note_change()
            return True
