"""Whose turn it is: one handler runs at a time, and the clock moves only when nobody can do anything.

Whoever lets time pass in a test conducts: the thread of the test does one thing after the other, in an order that only the
seed decides, and waits for each handler until it ends or sleeps in virtual time itself.
"""

import asyncio
import math
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from itertools import count
from typing import Final

from foreman_client.testing._errors import ClosedError, RestlessError, StuckError
from foreman_client.testing._machinery import Machinery
from foreman_client.testing._players import Player
from foreman_client.worker.pace import Waitable
from foreman_engine.memory.clock import ManualClock

IN_HANDLER: Final[ContextVar[str | None]] = ContextVar("foreman_test_attempt", default=None)
"""The attempt that runs here, if a handler does."""
MOST_STEPS: Final = 100_000
"""Steps at one instant. Source: ten times the tasks of a run that lists can sort."""


@dataclass(slots=True, eq=False)
class _Sleeper:
    wakes_at: int
    number: int
    attempt: str | None
    awake: bool = False


class Conductor:
    """Conducts workers and the deployment's own machinery. Instants are epoch ms of the virtual clock."""

    def __init__(self, clock: ManualClock, machinery: Machinery, patience_s: float, seed: int) -> None:
        self.clock = clock
        self.players: list[Player] = []
        self._machinery = machinery
        self._patience_s = patience_s
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._began_at = clock.now_ms()
        self._changed = threading.Condition()
        self._sleepers: list[_Sleeper] = []
        self._numbers = count()
        self._driver: int | None = None
        self._bound_ms = 0
        self._beating = False
        self._closed = False

    def monotonic(self) -> float:
        """Virtual seconds since the beginning."""
        return (self.clock.now_ms() - self._began_at) / 1000

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass, with all that happens in it; a handler lets the others have their turn."""
        # Never early, and no millisecond late because of how floats are spelt.
        until_ms = self.clock.now_ms() + math.ceil(round(max(0.0, seconds) * 1000, 6))
        if self._closed and IN_HANDLER.get() is None:
            self._set(until_ms)  # whoever still calls has lost its Foreman, and is told so by the call
            return
        if self._driver == threading.get_ident():
            self._pass(until_ms)
        elif IN_HANDLER.get() is not None or not self.drive(until_ms, to_the_end=True):
            self._doze(until_ms)

    async def sleep_async(self, seconds: float) -> None:
        """As `sleep`, and other coroutines of the loop go on meanwhile."""
        # A thread of its own: the loop's are few, and who waited for one would neither sleep nor go on.
        alone = ThreadPoolExecutor(1, "foreman-sleep")
        try:
            await asyncio.get_running_loop().run_in_executor(alone, copy_context().run, self.sleep, seconds)
        finally:
            alone.shutdown(wait=False)

    def wait(self, what: Waitable, seconds: float) -> bool:
        """A worker's wait, in virtual time; True, as if stopped, when there is no more time to be let pass."""
        if isinstance(what, threading.Event):
            self.sleep(seconds)
            return what.is_set() or self.clock.now_ms() > self._bound_ms
        what.release()
        try:
            self.sleep(seconds)
        finally:
            what.acquire()
        return True

    def freed(self) -> None:
        """A worker's handler has ended."""
        with self._changed:
            self._changed.notify_all()

    def drive(self, until_ms: int, *, to_the_end: bool, enough: Callable[[], bool] = lambda: False) -> bool:
        """Do what is due, in order, until that instant, or until nothing more can happen, or it is enough.

        `to_the_end`: the clock then stands at that instant, and schedules have fired until it; else their next fires are not
        waited for. False, and nothing done, when another thread conducts.

        Raises:
            StuckError: a handler does not come back.
            RestlessError: at one instant there is always more to do.
        """
        with self._conducting(until_ms) as mine:
            if not mine:
                return False
            for player in list(self.players):
                player.prepare()
            # What a worker waits itself, such as between two tries of a claim, may carry the clock beyond the instant.
            while self.clock.now_ms() <= until_ms:
                self._act_now(until_ms, enough)
                at = self.next_ms(fires=to_the_end)
                if enough() or at is None or at > until_ms:
                    break
                # On the way to what is waited for, schedules fire at their instants.
                self._set(min(at, self.next_ms(fires=True) or at))
            if to_the_end and not enough():
                self._set(until_ms)
        return True

    def next_ms(self, *, fires: bool) -> int | None:
        """When something can happen next; None: never, of itself. With `fires` also what only a schedule begins."""
        instants = [sleeper.wakes_at for sleeper in self._sleepers]
        instants += [at for player in self.players if (at := player.next_ms()) is not None]
        at = self._machinery.next_ms(fires=fires)
        return min(instants if at is None else [*instants, at], default=None)

    def close(self) -> None:
        """Wake whoever sleeps, with ClosedError."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def settle(self) -> None:
        """Wait, in real time, until every handler has ended or sleeps.

        Raises:
            StuckError: one does neither.
        """
        with self._changed:
            if not self._changed.wait_for(self._is_settled, self._patience_s):
                told = ", ".join(text for player in self.players if (text := player.tell()))
                raise StuckError(
                    f"no end within {self._patience_s} s of real time: {told}. Handlers run one at a time here; what "
                    "waits should wait in virtual time: foreman.clock.sleep"
                )

    @contextmanager
    def _conducting(self, until_ms: int) -> Iterator[bool]:
        with self._changed:
            mine = self._driver is None and not self._closed
            if mine:
                self._driver, self._bound_ms = threading.get_ident(), until_ms
        try:
            yield mine
        finally:
            if mine:
                with self._changed:
                    self._driver = None
                    self._changed.notify_all()

    def _act_now(self, until_ms: int, enough: Callable[[], bool]) -> None:
        for _ in range(MOST_STEPS):
            if self.clock.now_ms() > until_ms or enough() or not self._act():
                return
        raise RestlessError(f"{MOST_STEPS} steps at one instant, and there is always another")

    def _act(self) -> bool:
        """Do one thing that can be done now; False when there is none."""
        give_up_at = (self._bound_ms - self._began_at) / 1000
        return (
            any(player.report(give_up_at) for player in self.players)
            or self._wake_one()
            or any(player.beat() for player in self.players)
            or self._machinery.act()
            or self._take_one()
        )

    def _take_one(self) -> bool:
        # In any order: were one always asked first, it could keep hiding a message that only another has a handler for.
        for player in self._random.sample(self.players, len(self.players)):
            if player.take_one():
                self.settle()
                return True
        return False

    def _wake_one(self) -> bool:
        with self._changed:
            due = [each for each in self._sleepers if each.wakes_at <= self.clock.now_ms()]
            if not due:
                return False
            sleeper = min(due, key=lambda each: (each.wakes_at, each.number))
            self._sleepers.remove(sleeper)
            sleeper.awake = True
            self._changed.notify_all()
        self.settle()
        return True

    def _doze(self, until_ms: int) -> None:
        """Sleep until whoever conducts gets there; outside of handlers, conduct when nobody does any more."""
        sleeper = _Sleeper(until_ms, next(self._numbers), IN_HANDLER.get())
        with self._changed:
            self._sleepers.append(sleeper)
            self._changed.notify_all()
            self._changed.wait_for(lambda: sleeper.awake or self._closed or self._is_left_alone(sleeper))
            if self._closed:
                raise ClosedError
            if not sleeper.awake:
                self._sleepers.remove(sleeper)
        if not sleeper.awake and not self.drive(until_ms, to_the_end=True):
            self._doze(until_ms)

    def _is_left_alone(self, sleeper: _Sleeper) -> bool:
        return sleeper.attempt is None and self._driver is None

    def _is_settled(self) -> bool:
        asleep = {sleeper.attempt for sleeper in self._sleepers if sleeper.attempt is not None}
        return sum(player.busy for player in self.players) <= len(asleep)

    def _pass(self, until_ms: int) -> None:
        """Time that a worker itself waits: nothing else is begun, but what is held is kept alive."""
        if not self._beating:
            self._beating = True
            try:
                while (at := self._next_beat_ms()) is not None and at <= until_ms:
                    self._set(at)
                    for player in self.players:
                        player.beat()
            finally:
                self._beating = False
        self._set(until_ms)

    def _next_beat_ms(self) -> int | None:
        beats = [player.next_beat_ms() for player in self.players]
        return min((at for at in beats if at is not None), default=None)

    def _set(self, at: int) -> None:
        self.clock.set(max(at, self.clock.now_ms()))
