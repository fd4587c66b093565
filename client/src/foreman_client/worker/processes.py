"""Handlers in processes: one process per running attempt, killed when the attempt is over early, else used again."""

import multiprocessing
import pickle
import signal
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Final

from foreman_client._stand_ins import Surroundings, surroundings_of
from foreman_client.config import ForemanConfig
from foreman_client.steering import TaskCancelled
from foreman_client.worker.attempts import Attempt
from foreman_client.worker.child import Job, Progress, RaisedThere, serve
from foreman_client.worker.executor import AttemptError, Returned, Unfit
from foreman_client.worker.relay import Question, answered

_END_S: Final = 5.0
_LOST = (EOFError, OSError)


class Processes:
    """A pool that grows as it is used; `close` ends what idles."""

    def __init__(self, config: ForemanConfig, max_payload_bytes: int) -> None:
        # Spawned, not forked: a fork of a process with threads may inherit a lock that nobody will ever release.
        self._context = multiprocessing.get_context("spawn")
        self._arguments = (config, max_payload_bytes)
        self._idle: list[_Process] = []
        self._lock = threading.Lock()
        self._closed = False

    def run(self, handler: bytes, attempt: Attempt) -> Any:
        """Run the handler in a process and answer what it returned, JSON; blocks.

        Raises:
            TaskCancelled: the attempt was over early, and the process was killed.
            AttemptError: the process ended by itself, or the output cannot be stored.
            BaseException: what the handler raised.
        """
        process = self._take()
        try:
            with attempt.interrupted_by(process.kill):
                answer = process.run(Job(handler, attempt.task.to_wire()), attempt)
        except _LOST:
            raise _ended(process, attempt) from None
        except BaseException:
            process.kill()
            process.end()
            raise
        if attempt.cancelled.is_set():
            process.end()
        else:
            self._give(process)
        return _value(answer)

    def close(self) -> None:
        """End the idle processes; one that runs is ended when its attempt is."""
        with self._lock:
            self._closed, idle, self._idle = True, self._idle, []
        for process in idle:
            process.end()

    def _take(self) -> "_Process":
        with self._lock:
            while self._idle:
                process = self._idle.pop()
                if process.is_alive():
                    return process
                process.end()
        return _Process(self._context, *self._arguments)

    def _give(self, process: "_Process") -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(process)
                return
        process.end()


class _Process:
    def __init__(
        self, context: multiprocessing.context.SpawnContext, config: ForemanConfig, max_payload_bytes: int
    ) -> None:
        self._connection: Connection[Any, Any]
        self._connection, theirs = context.Pipe()
        self._surroundings: Surroundings | None = surroundings_of(config.endpoint)
        arguments = (theirs, config, max_payload_bytes, self._surroundings is not None)
        self._process = context.Process(target=serve, args=arguments, name="foreman-handler", daemon=True)
        self._process.start()
        theirs.close()

    def is_alive(self) -> bool:
        return self._process.is_alive()

    def run(self, job: Job, attempt: Attempt) -> Any:
        self._connection.send(job)
        while isinstance(answer := self._connection.recv(), Progress | Question):
            if isinstance(answer, Progress):
                attempt.set_progress(answer.value)
            elif self._surroundings is not None:
                self._connection.send(answered(self._surroundings, answer))
        return answer

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> int | None:
        """Hang up, which ends an idle process, and one that is dead; the exit code."""
        self._connection.close()
        self._process.join(_END_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        code = self._process.exitcode
        with suppress(ValueError):
            self._process.close()
        return code


class _RemoteTracebackError(Exception):
    """The traceback of an exception that was raised in another process: its cause."""


def _value(answer: Returned | Unfit | RaisedThere) -> Any:
    if isinstance(answer, Returned):
        return answer.value
    if isinstance(answer, Unfit):
        raise AttemptError(answer.message, type_name="", code=answer.code, retryable=False)
    raise _error(answer) from _RemoteTracebackError("\n" + answer.trace)


def _error(answer: RaisedThere) -> BaseException:
    if answer.pickled is not None:
        with suppress(Exception):
            error: BaseException = pickle.loads(answer.pickled)  # noqa: S301 - the words of our own child
            return error
    return AttemptError(answer.message, type_name=answer.type)


def _ended(process: _Process, attempt: Attempt) -> Exception:
    code = process.end()
    if attempt.cancelled.is_set():
        return TaskCancelled(f"attempt {attempt.task.attempt} of task {attempt.task.id} is over")
    how = f"with exit code {code}"
    if code is not None and code < 0:
        with suppress(ValueError):
            how = f"by {signal.Signals(-code).name}"
    message = f"the handler's process ended {how} before the handler did"
    return AttemptError(message, type_name="ProcessDiedError", code="process_died")
