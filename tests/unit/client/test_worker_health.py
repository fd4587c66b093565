"""How a worker is, asked by its process or through its health port."""

import json
import socket
import threading
import urllib.error
import urllib.request
from collections import deque
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from foreman_client.worker.queue import QueueFaultError, Received
from foreman_contract.enums import Priority
from tests.unit.client.stub_worker import AWAY, FakeApi, FakeQueue, message, until, won, worker_on, working


def test_a_status_says_what_runs_and_when_something_last_succeeded() -> None:
    go = threading.Event()
    api = FakeApi(on_claim=deque([{2: won(2, type="slow", seconds=0)}]))
    handlers = {"work": lambda task: None, "slow": lambda task: go.wait(3)}
    with working(handlers, api=api, concurrency=3) as bench:
        bench.queue.put(message(1), message(2, "slow"))
        until(lambda: bench.queue.deleted == ["handle-1"] and api.beats)
        status = bench.worker.status()
        assert (status.worker_id, status.state, status.alive, status.ready) == ("w-1", "running", True, True)
        assert (status.concurrency, status.free_slots, status.held) == (3, 2, 1)
        assert status.running == {"slow": 1}
        assert status.failures == {}
        ages = (status.last_poll_s, status.last_claim_s, status.last_heartbeat_s, status.last_report_s)
        assert all(age is not None and 0 <= age < 3 for age in ages)
        with pytest.raises(FrozenInstanceError):
            status.held = 0  # type: ignore[misc]
        go.set()


def test_a_worker_is_new_then_starting_then_running_then_stopped() -> None:
    hold = threading.Event()

    class Slow(FakeQueue):
        def receive(self, most: int, wait_s: int, visibility_s: int) -> list[Received]:
            hold.wait(3)
            return super().receive(most, 0, visibility_s)

    worker = worker_on({"work": print}, FakeApi(), {Priority.NORMAL: Slow()})
    states = [worker.status().state]
    worker.start()
    states.append(worker.status().state)
    assert not worker.status().ready
    hold.set()
    until(lambda: worker.status().state == "running")
    worker.stop(0)
    states.append(worker.status().state)
    assert states == ["new", "starting", "stopped"]
    assert not worker.status().ready


def test_what_fails_is_named_until_it_works_again() -> None:
    api = FakeApi(on_claim=deque([AWAY] * 20))
    with working({"work": lambda task: None}, api=api) as bench:
        bench.queue.put(message(1))
        until(lambda: bench.worker.status().failures.get("claiming tasks", 0) > 1)
        assert not bench.worker.status().ready
        until(lambda: bench.queue.deleted)
        assert bench.worker.status().failures == {}


def probe(port: int | None, path: str) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=3) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_the_health_port_answers_probes_and_is_closed_by_a_stop() -> None:
    queue = FakeQueue(faults=deque([QueueFaultError("away")] * 100_000))
    with working({"work": print}, queue=queue, health_port=0) as bench:
        port = bench.worker.health_port
        until(lambda: bench.worker.status().failures)
        assert probe(port, "/healthz")[0] == 200
        assert probe(port, "/readyz")[0] == 503
        queue.fail_with()
        queue.put(message(1))
        until(lambda: bench.worker.status().ready)
        code, body = probe(port, "/readyz")
        assert (code, body["state"], body["ready"], body["worker_id"]) == (200, "running", True, "w-1")
        assert probe(port, "/secrets")[0] == 404
    with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.1", port or 0), 1):
        pass


def test_a_worker_whose_thread_has_failed_is_not_alive() -> None:
    class Broken(FakeQueue):
        def receive(self, most: int, wait_s: int, visibility_s: int) -> list[Received]:
            raise ZeroDivisionError

    with working({"work": print}, queue=Broken()) as bench:
        until(lambda: not bench.worker.status().alive)


def test_a_port_that_is_taken_is_said_at_the_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        worker = worker_on({"work": print}, FakeApi(), {Priority.NORMAL: FakeQueue()}, health_port=port)
        with pytest.raises(OSError, match="in use"):
            worker.start()
