"""What `AsyncForeman.results` returns: the events of the result queue, for `async for`.

boto3 blocks, so each of its calls runs in a thread. The threads are daemons: a long poll must not keep a program that
was told to end from ending.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar

from foreman_client._feed import Ask, Feed, Pause, QueueSteps, ask
from foreman_client.operations.watching import ResultEvent
from foreman_client.worker.queue import Received, TaskQueue

T = TypeVar("T")


class AsyncResults:
    """Events to iterate over; see `AsyncForeman.results`. Every iteration is one of its own, with its own limits.

    `async with client.results() as events:` gives back at the end of the block whatever was not acknowledged. Without
    it that happens when the event loop comes to it, a moment after the loop over the events was left.
    """

    def __init__(
        self,
        connect: Callable[[], TaskQueue],
        restore: Callable[[], Awaitable[object]],
        feed: Callable[[], Feed],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._connect = connect
        self._restore = restore
        self._feed = feed
        self._sleep = sleep
        self._open: list[AsyncGenerator[ResultEvent, None]] | None = None

    def __aiter__(self) -> AsyncIterator[ResultEvent]:
        """The events; asking for the next acknowledges the one before."""
        events = self._events()
        if self._open is not None:
            # Kept, or it would be closed by a task of its own, which the end of the block could not wait for.
            self._open.append(events)
        return events

    async def __aenter__(self) -> Self:
        self._open = []
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        opened, self._open = self._open or [], None
        for events in opened:
            await events.aclose()

    async def _events(self) -> AsyncGenerator[ResultEvent, None]:
        feed = self._feed()
        queue = await _in_thread(self._connect, lambda _: None)
        try:
            while (event := await self._run(queue, feed.next_event())) is not None:
                yield event
        finally:
            await self._run(queue, feed.give_back())

    async def _run(self, queue: TaskQueue, steps: QueueSteps[T]) -> T:
        reply = None
        while True:
            try:
                step = steps.send(reply)
            except StopIteration as end:
                outcome: T = end.value
                return outcome
            if isinstance(step, Ask):
                reply = await self._do(queue, step.question)
                continue
            reply = None
            if isinstance(step, Pause):
                await self._sleep(step.seconds)
            else:
                await self._restore()

    async def _do(self, queue: TaskQueue, question: Callable[[TaskQueue], Any]) -> Any:
        def give_back(answer: Any) -> None:
            if isinstance(answer, list):
                handles = [(message.handle, 0) for message in answer if isinstance(message, Received)]
                ask(queue, lambda sqs: sqs.hide(handles))

        return await _in_thread(lambda: ask(queue, question), give_back)


async def _in_thread(call: Callable[[], T], abandoned: Callable[[T], None]) -> T:
    """What `call` answers in a daemon thread; `abandoned` gets it there when nobody waits for it any more."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def deliver(answer: T) -> None:
        if future.done():
            Thread(target=abandoned, args=(answer,), daemon=True).start()
        else:
            future.set_result(answer)

    def fail(error: Exception) -> None:
        if not future.done():
            future.set_exception(error)

    def work() -> None:
        try:
            answer = call()
        except Exception as error:
            _tell(loop, fail, error)
            return
        if not _tell(loop, deliver, answer):
            abandoned(answer)

    Thread(target=work, name="foreman-results", daemon=True).start()
    return await future


def _tell(loop: asyncio.AbstractEventLoop, listener: Callable[[T], None], what: T) -> bool:
    """Call the listener in the loop, or answer False: the loop has ended."""
    try:
        loop.call_soon_threadsafe(listener, what)
    except RuntimeError:
        return False
    return True
