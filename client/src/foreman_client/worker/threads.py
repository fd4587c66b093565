"""Where user code runs: a fixed set of daemon threads, and one event loop for coroutines.

Daemons, because a handler that never returns must not keep a stopped process from ending.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from queue import SimpleQueue
from typing import Any


class ThreadPool:
    """`count` threads that run what is submitted, each thing on one of them."""

    def __init__(self, count: int, name: str) -> None:
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True)
            for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, job: Callable[[], None]) -> None:
        """Run `job`, which raises nothing, on a free thread."""
        self._jobs.put(job)

    def close(self) -> None:
        """Let every thread end once its job has."""
        for _ in self._threads:
            self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


class EventLoopThread:
    """One event loop in a thread of its own, started by the first coroutine."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: asyncio.Event | None = None

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run the coroutine to its end and answer its value, or raise what it raises."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._started()).result()

    def close(self) -> None:
        """Cancel what still runs and end the thread."""
        with self._lock:
            if self._loop is not None and self._closing is not None:
                self._loop.call_soon_threadsafe(self._closing.set)

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                ready = threading.Event()
                threading.Thread(target=self._main, args=(ready,), name=self._name, daemon=True).start()
                ready.wait()
            if self._loop is None:
                raise RuntimeError("the event loop could not be started")
            return self._loop

    def _main(self, ready: threading.Event) -> None:
        # Runner cancels what is left and closes the loop when it is left.
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            runner.run(self._serve(ready))

    async def _serve(self, ready: threading.Event) -> None:
        self._closing = asyncio.Event()
        ready.set()
        await self._closing.wait()
