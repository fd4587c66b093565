"""One line per event: the sweep, the work queue, dead letters."""

import json

import pytest

from chalicelib.events.sweep import sweep
from chalicelib.events.work_queue import work_queue
from foreman_engine.domain.errors import DeploymentError, UnavailableError
from foreman_engine.memory.clock import ManualClock
from foreman_engine.memory.queue_watch import MemoryQueueWatch
from infra.local.gateway.invoke import LambdaContext
from infra.local.trigger_events import scheduled_event
from tests.factories import Api, installed
from tests.lines import Log, check_emf
from tests.unit.api.flows import make_graph, make_run, make_task

CONTEXT = LambdaContext("sweep", "us-east-1")
EVENT = scheduled_event("sweep", "us-east-1")


def swept(api: Api) -> None:
    with installed(api.services):
        sweep(EVENT, CONTEXT)


def test_a_sweep_of_nothing_tells_that_the_queues_are_empty(api: Api, log: Log) -> None:
    swept(api)
    [line] = log.lines
    check_emf(line)
    assert (line["message"], line["sent"], line["request_id"]) == ("sweep", 0, CONTEXT.aws_request_id)
    told = ("QueueVisible", "QueueInFlight", "QueueDelayed", "DeadLetterDepth", "OldestMessageAge")
    assert [line[name] for name in told] == [0, 0, 0, 0, 0]


def test_a_sweep_tells_how_much_waits_and_how_long(api: Api, clock: ManualClock, log: Log) -> None:
    run = make_run(api)
    make_task(api, run["id"])
    clock.advance(90_000)
    make_task(api, run["id"])
    swept(api)
    [line] = log.of("sweep")
    assert (line["QueueVisible"], line["OldestMessageAge"]) == (2, 90)


def test_nobody_is_asked_for_ages_while_nothing_waits(
    api: Api, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def oldest_s(_: object, names: list[str]) -> int:
        asked.append(names)
        return 7

    monkeypatch.setattr(MemoryQueueWatch, "oldest_s", oldest_s)
    swept(api)
    assert asked == []
    make_task(api, make_run(api)["id"])
    swept(api)
    assert [len(names) for names in asked] == [1]
    assert [line["OldestMessageAge"] for line in log.of("sweep")] == [0, 7]


@pytest.mark.parametrize(
    "error", [UnavailableError("away"), DeploymentError("CloudWatch", "AccessDenied"), ValueError("a bug")]
)
@pytest.mark.parametrize(("call", "told"), [("oldest_s", ["QueueVisible"]), ("depths", [])])
def test_a_sweep_goes_on_when_the_queues_cannot_be_seen(
    api: Api, log: Log, monkeypatch: pytest.MonkeyPatch, error: Exception, call: str, told: list[str]
) -> None:
    def fail(*_: object) -> None:
        raise error

    make_task(api, make_run(api)["id"])
    monkeypatch.setattr(MemoryQueueWatch, call, fail)
    swept(api)
    [line] = log.of("sweep")
    check_emf(line)
    assert [name for name in line if name in ("QueueVisible", "OldestMessageAge")] == told
    causes = [each["cause"] for each in log.of("the queues were not seen")]
    bugs = [each["error_type"] for each in log.of("bug")]
    assert causes + bugs == [type(error).__name__ if isinstance(error, ValueError) else str(error)]


def test_work_that_a_function_does_is_counted_on_its_line(
    api: Api, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_graph(api, [{"ref": "a"}, {"ref": "b", "dependsOn": ["a"]}])
    monkeypatch.setattr("foreman_engine.service.tasks.settle.settle_hinted", lambda *_: None)
    api("PATCH", f"/api/v1/tasks/{run['taskIds']['a']}", {"status": "failed"})
    monkeypatch.undo()
    body = {"kind": "settle", "orgId": api.org_id, "runId": run["id"], "taskId": run["taskIds"]["a"]}
    record = {"messageId": "m", "body": json.dumps(body), "attributes": {}}
    with installed(api.services):
        assert work_queue({"Records": [record]}, CONTEXT) == {"batchItemFailures": []}
    [line] = log.of("work queue")
    check_emf(line)
    assert (line["records"], line["failed"], line["TasksCancelled"]) == (1, 0, 1)


def test_an_event_that_fails_leaves_its_line_too(api: Api, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise UnavailableError("DynamoDB is throttled or away.")

    monkeypatch.setattr("chalicelib.events.sweep.sweep_due", fail)
    with pytest.raises(UnavailableError):
        swept(api)
    [line] = log.of("sweep")
    check_emf(line)
    assert (line["level"], line["cause"]) == ("WARNING", "DynamoDB is throttled or away.")
