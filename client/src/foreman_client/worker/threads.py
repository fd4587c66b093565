"""Where user code runs: daemon threads, as many as are needed, and one event loop for coroutines.

Daemons, because a handler that never returns must not keep a stopped process from ending.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Final

_USUAL_THREADS: Final = 32
"""Of a loop on a machine with many processors. Source: Python's documentation of ThreadPoolExecutor."""


class ThreadPool:
    """Up to `most` threads that run what is submitted, each thing on one of them; they are started when needed."""

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._waiting = 0

    def submit(self, job: Callable[[], None]) -> None:
        """Run `job`, which raises nothing, on a free thread."""
        with self._lock:
            self._waiting += 1
            thread = self._another() if self._idle < self._waiting else None
        self._jobs.put(job)
        if thread is not None:
            thread.start()

    def close(self) -> None:
        """Let every thread end once its job has."""
        for _ in self._threads:
            self._jobs.put(None)

    def threads(self) -> list[threading.Thread]:
        """Those that were started."""
        with self._lock:
            return list(self._threads)

    def _another(self) -> threading.Thread | None:
        if len(self._threads) >= self._most:
            return None
        name = f"{self._name}-{len(self._threads) + 1}"
        self._threads.append(threading.Thread(target=self._run, name=name, daemon=True))
        return self._threads[-1]

    def _run(self) -> None:
        while (job := self._next()) is not None:
            job()

    def _next(self) -> Callable[[], None] | None:
        with self._lock:
            self._idle += 1
        job = self._jobs.get()
        with self._lock:
            self._idle -= 1
            self._waiting -= job is not None
        return job


class EventLoopThread:
    """One event loop in a thread of its own, started by the first coroutine; for up to `most` coroutines at once.

    Each of them may be in a blocking call (`asyncio.to_thread`, a call of its context) and keeps no other from making one.
    """

    def __init__(self, most: int, name: str) -> None:
        self._most_blocking = max(most, _USUAL_THREADS)
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run the coroutine to its end and answer its value, or raise what it raises."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._started()).result()

    def start(self, coroutine: Coroutine[Any, Any, None], done: Callable[[], None]) -> Callable[[], None]:
        """Begin the coroutine, which raises nothing; `done` is called at its end. Answers what cancels it."""
        loop = self._started()
        begun: list[asyncio.Task[None]] = []

        def begin() -> None:
            task = loop.create_task(coroutine)
            task.add_done_callback(lambda _: done())
            begun.append(task)

        def cancel() -> None:
            for task in begun:
                task.cancel()

        def cancel_from_anywhere() -> None:
            with suppress(RuntimeError):  # the loop is closed, and has cancelled everything
                loop.call_soon_threadsafe(cancel)

        loop.call_soon_threadsafe(begin)
        return cancel_from_anywhere

    def close(self) -> None:
        """Cancel what still runs and end the thread."""
        with self._lock:
            if self._loop is not None and self._closing is not None:
                self._loop.call_soon_threadsafe(self._closing.set)

    def threads(self) -> list[threading.Thread]:
        """The one that was started, if any."""
        return [] if self._thread is None else [self._thread]

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                ready = threading.Event()
                self._thread = threading.Thread(
                    target=self._main, args=(ready,), name=self._name, daemon=True
                )
                self._thread.start()
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
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(self._most_blocking, self._name))
        self._closing = asyncio.Event()
        ready.set()
        await self._closing.wait()
