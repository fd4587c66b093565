"""Handlers in processes: results, failures, deaths and kills."""

import fcntl
import multiprocessing
import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from foreman_client import Handler, Handlers
from foreman_client.handlers import Registration
from foreman_client.worker.calls import call_of
from foreman_contract.enums import Priority
from tests.unit.client import process_handlers
from tests.unit.client.stub_worker import Bench, FakeApi, FakeQueue, message, until, won, worker_on, working

HANDLERS = Handlers()
for handler in (
    process_handlers.answers_where,
    process_handlers.turned,
    process_handlers.raises,
    process_handlers.dies,
    process_handlers.returns_a_set,
    process_handlers.sleeps,
    process_handlers.holds,
    process_handlers.is_told_to_end,
):
    HANDLERS.add(Registration(handler.__name__, handler, concurrency=1, process=True))


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with working(HANDLERS, concurrency=2) as started:
        yield started


class Tasks:
    number = 0


def report_of(bench: Bench, kind: str, input_data: Any = None) -> dict[str, Any]:
    Tasks.number += 1
    number = Tasks.number
    bench.api.on_claim.append({number: won(number, type=kind, inputData=input_data)})
    bench.queue.put(message(number, kind))
    until(lambda: f"handle-{number}" in bench.queue.deleted, 20)
    return bench.api.reported()[number]


def test_a_handler_runs_in_another_process_that_is_used_again(bench: Bench) -> None:
    first, second = (report_of(bench, "answers_where")["outputData"] for _ in range(2))
    assert first["pid"] == second["pid"] != os.getpid()
    assert (first["attempt"], first["over"]) == (1, False)
    assert first["key"] != second["key"]


def test_typed_input_and_output_cross(bench: Bench) -> None:
    report = report_of(bench, "turned", {"width": 1, "height": 2})
    assert report["outputData"] == {"width": 2, "height": 1}
    wrong = report_of(bench, "turned", {"width": "secret"})
    assert (wrong["retryable"], wrong["errorData"]["code"]) == (False, "invalid_input")
    assert len(wrong["errorData"]["details"]) == 2


@pytest.mark.parametrize(
    ("kind", "retryable", "type_", "text"),
    [
        ("later", True, "RetryLater", "the handler asked for a retry"),
        ("never", False, "FailPermanently", "no"),
        ("odd", True, "OddError", "1 and 2"),
        ("rejected", False, "FailPermanently", "order 1 is rejected by Ada"),
        ("busy", True, "RetryLater", "the kiln is busy"),
        ("other", True, "KeyError", "'missing'"),
    ],
)
def test_an_exception_crosses_with_its_traceback(
    bench: Bench, kind: str, retryable: bool, type_: str, text: str
) -> None:
    report = report_of(bench, "raises", kind)
    error = report["errorData"]
    assert (report["status"], report["retryable"]) == ("failed", retryable)
    assert (error["type"], error["message"]) == (type_, text)
    assert report.get("retryDelaySeconds") == {"later": 12.5, "busy": 7.5}.get(kind)
    assert "process_handlers.py" in error["traceback"]


def test_an_output_that_cannot_be_stored_fails_for_good(bench: Bench) -> None:
    report = report_of(bench, "returns_a_set")
    assert (report["retryable"], report["errorData"]["code"]) == (False, "output_not_json")


@pytest.mark.parametrize(("how", "says"), [("exit", "exit code 3"), ("crash", "SIGSEGV")])
def test_a_process_that_dies_is_a_failed_attempt_and_is_replaced(bench: Bench, how: str, says: str) -> None:
    report = report_of(bench, "dies", how)
    error = report["errorData"]
    assert (report["status"], report["retryable"]) == ("failed", True)
    assert (error["type"], error["code"]) == ("ProcessDiedError", "process_died")
    assert says in error["message"]
    assert report_of(bench, "answers_where")["status"] == "completed"


def test_a_handler_goes_on_when_its_whole_process_group_is_told_to_end(bench: Bench) -> None:
    assert report_of(bench, "is_told_to_end")["outputData"] == "went on"


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Ending(FakeApi):
    """Ends the attempt of task 1 at the heartbeat after the one that tells the pid of its process."""

    def __init__(self, how: str) -> None:
        super().__init__(on_claim=deque([{1: won(1, type="sleeps", seconds=0)}]))
        self.how = how
        self.pid: int | None = None

    def heartbeat(self, beats: Sequence[dict[str, Any]]) -> Any:
        over = self.pid is not None and self.how != "stop"
        outcome = (
            {"outcome": self.how, "message": "delete"} if over else {"outcome": "extended", "seconds": 0}
        )
        self.pid = next((beat["progress"]["pid"] for beat in beats if "progress" in beat), self.pid)
        self.on_heartbeat.append({1: outcome})
        return super().heartbeat(beats)


@pytest.mark.parametrize("how", ["cancelled", "timed_out", "stop"])
def test_a_process_is_killed_when_its_attempt_is_over(how: str) -> None:
    api = Ending(how)
    with working(HANDLERS, api=api) as bench:
        bench.queue.put(message(1, "sleeps"))
        until(lambda: api.pid is not None, 20)
        if how == "stop":
            bench.worker.stop(0.0)
        until(lambda: bench.queue.deleted == ["handle-1"])
        until(lambda: not is_alive(api.pid or 0))
    assert [report["status"] for report in api.reported().values()] == (["released"] if how == "stop" else [])


def works(lock: str) -> None:
    with working(HANDLERS) as bench:
        bench.api.on_claim.append({1: won(1, type="holds", inputData=lock)})
        bench.queue.put(message(1, "holds"))
        time.sleep(60)


def is_held(lock: Path) -> bool:
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_a_process_ends_with_a_worker_that_was_killed(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    worker = multiprocessing.get_context("spawn").Process(target=works, args=(str(lock),))
    worker.start()
    until(lambda: is_held(lock), 20)
    worker.kill()
    worker.join()
    until(lambda: not is_held(lock), 20)


def inner() -> Handler:
    def nested(task: Any) -> None:
        """Nobody can import it."""

    return nested


@pytest.mark.parametrize("unimportable", [inner(), lambda task: None])
def test_a_handler_that_cannot_be_imported_is_refused_at_the_start(unimportable: Handler) -> None:
    handlers = Handlers()
    handlers.task("work", process=True)(unimportable)
    worker = worker_on(handlers, FakeApi(), {Priority.NORMAL: FakeQueue()})
    with pytest.raises(TypeError, match="at the top of a module"):
        worker.start()


def test_a_coroutine_function_does_not_run_in_a_process() -> None:
    async def handler(task: Any) -> None:
        """For the loop."""

    with pytest.raises(TypeError, match="takes a def"):
        call_of(Registration("work", handler, process=True))


def test_as_many_run_at_once_as_there_are_cpus_unless_told_otherwise() -> None:
    call = call_of(Registration("work", process_handlers.dies, process=True))
    assert call.concurrency == os.cpu_count()


def test_a_process_that_only_imports_the_program_starts_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiprocessing.current_process(), "_inheriting", True, raising=False)
    worker = worker_on(HANDLERS, FakeApi(), {Priority.NORMAL: FakeQueue()})
    with pytest.raises(RuntimeError, match="__main__"):
        worker.start()
