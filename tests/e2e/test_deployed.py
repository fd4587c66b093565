"""The packaged app, deployed: API Gateway, Lambda with its own roles, SQS triggers, and a worker process outside."""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from chalicelib.adapters.sqs import SqsMessages
from chalicelib.bootstrap import build
from chalicelib.config import Settings
from foreman_client import Foreman, ForemanConfig, RunStatus, TaskStatus, initialize_foreman_client
from foreman_contract.tasks import PatchTask
from foreman_engine.service import settle
from foreman_engine.service.ports import Ports
from foreman_engine.service.tasks import update_task
from infra.local.environment import names
from infra.local.trigger_events import scheduled_event
from tests.e2e.deployment import ORG, STAGE, Deployment, deployed, eventually, order_worker
from tests.lines import check_emf

pytestmark = pytest.mark.e2e
JSON = {"Content-Type": "application/json"}
RUNS = "/api/v1/runs"
COMPLETED = {"status": TaskStatus.COMPLETED}
ORDER = {"orderId": "order-123"}


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(tmp_path_factory.mktemp("deployed")) as up:
        yield up


@pytest.fixture(scope="module")
def client(deployment: Deployment) -> Iterator[Foreman]:
    with initialize_foreman_client(ForemanConfig(deployment.endpoint, deployment.api_key)) as client:
        yield client


@pytest.fixture
def ports(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Ports:
    """The deployed stage's own stores and queues, in this process."""
    for name, value in deployment.environment().items():
        monkeypatch.setenv(name, value)
    return build(Settings.from_env({**deployment.environment(), **names(STAGE, deployment.stage.outputs)}))


def events(deployment: Deployment, client: Foreman, run_id: str) -> set[tuple[str, str | None]]:
    """What the result queue tells of a run, taken off it."""
    sqs = deployment.session.client("sqs", endpoint_url=deployment.aws_url)
    url = client.settings.queues.result_queue_url
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    bodies = [json.loads(message["Body"]) for message in messages]
    return {(body["event"], body.get("taskId")) for body in bodies if body["runId"] == run_id}


def work_queue_is_drained(deployment: Deployment) -> bool:
    """Whether nothing waits and nothing is with the function; what is delayed does not count."""
    sqs = deployment.session.client("sqs", endpoint_url=deployment.aws_url)
    url = sqs.get_queue_url(QueueName=deployment.stage.outputs["WorkQueueName"])["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    left = found["ApproximateNumberOfMessages"], found["ApproximateNumberOfMessagesNotVisible"]
    return left == ("0", "0")


def test_a_run_completes_through_a_worker_process(
    deployment: Deployment, client: Foreman, tmp_path: Path
) -> None:
    run = client.create_run(input_data=ORDER, auto_complete=True).unwrap()
    approval = client.create_task(run_id=run.id, type="approval", input_data=None).unwrap()
    tasks = [approval.id]
    with order_worker(deployment, tmp_path / "worker.log"):
        for kind in ("validate-order", "process-order"):
            task = client.enqueue_task(run_id=run.id, type=kind, input_data=ORDER).unwrap()
            ended = client.wait_for_task(task.id, timeout_s=30).unwrap()
            assert ended.status is TaskStatus.COMPLETED
            tasks.append(task.id)
    assert ended.output_data == {"processed": True, **ORDER, "charged": 42.5}
    client.update_task(approval.id, status="completed").unwrap()
    after = client.get_run(run.id).unwrap()
    assert (after.status, after.completed_tasks) == (RunStatus.COMPLETED, 3)
    told = {("run.completed", None), *(("task.completed", task) for task in tasks)}
    assert events(deployment, client, run.id) == told


def test_the_apis_role_reaches_the_bucket_and_the_index(client: Foreman) -> None:
    large = random.Random(1).randbytes(400_000).hex()  # compression must not make it fit an item
    run = client.create_run(input_data=large).unwrap()
    assert client.get_run(run.id).unwrap().input_data == large
    assert run.id in {listed.id for listed in client.list_runs().unwrap().data}


class PowerCutError(Exception):
    """The process is gone."""


def test_the_work_queue_settles_what_a_dead_request_left(
    deployment: Deployment, client: Foreman, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = client.create_run(input_data=None, auto_complete=True).unwrap()
    task = client.create_task(run_id=run.id, type="outside", input_data=None).unwrap()

    def die(*_: object) -> None:
        raise PowerCutError

    monkeypatch.setattr(SqsMessages, "send_events", die)
    monkeypatch.setattr(settle, "HINT_DELAY_S", 1)
    with pytest.raises(PowerCutError):
        update_task(ports, ORG, task.id, PatchTask.model_validate(COMPLETED))

    told = eventually(lambda: events(deployment, client, run.id))
    assert told == {("task.completed", task.id), ("run.completed", None)}
    eventually(lambda: work_queue_is_drained(deployment))


@dataclass(frozen=True, slots=True)
class Bad:
    """A request and the status and code that it gets."""

    method: str
    path: str
    status: int
    code: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


FOREIGN = {"Authorization": f"Bearer fmn_e2e_acme_{'x' * 40}"}
TOO_LARGE = b'{"inputData":"%s"}' % (b"x" * 2**20)
BAD = {
    "unknown path": Bad("GET", "/api/v1/nothing", 404, "not_found"),
    "unknown id": Bad("GET", f"{RUNS}/018f0000-0000-7000-8000-000000000000", 404, "not_found"),
    "odd id": Bad("GET", f"{RUNS}/%F0%9F%98%80", 404, "not_found"),
    "wrong method": Bad("PUT", RUNS, 405, "method_not_allowed"),
    "no JSON": Bad("POST", RUNS, 400, "invalid_json", b"{", JSON),
    "no body": Bad("POST", RUNS, 400, "invalid_json", b"", JSON),
    "too deep": Bad("POST", RUNS, 400, "invalid_json", b"[" * 100_000, JSON),
    "missing field": Bad("POST", RUNS, 400, "invalid_request", b"{}", JSON),
    "repeated parameter": Bad("GET", f"{RUNS}?limit=1&limit=2", 400, "invalid_request"),
    "no key": Bad("GET", RUNS, 401, "unauthorized", headers={"Authorization": ""}),
    "unknown key": Bad("GET", RUNS, 401, "unauthorized", headers=FOREIGN),
    "other type": Bad("POST", RUNS, 415, "unsupported_media_type", b"{}", {"Content-Type": "text/plain"}),
    "too large": Bad("POST", RUNS, 413, "payload_too_large", TOO_LARGE, JSON),
}


def ask(deployment: Deployment, request: Bad) -> tuple[int, dict[str, str], Any]:
    """Status, headers and JSON of the answer."""
    parts = urlsplit(deployment.endpoint)
    headers = {"Authorization": f"Bearer {deployment.api_key}", **request.headers}
    connection = HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request(request.method, parts.path + request.path, body=request.body, headers=headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), json.loads(answer.read())
    finally:
        connection.close()


def function(deployment: Deployment, name: str) -> str:
    """The full name of one of the stage's functions."""
    found = deployment.session.client("lambda", endpoint_url=deployment.aws_url).list_functions()["Functions"]
    [full] = [each["FunctionName"] for each in found if f"-{name}-" in each["FunctionName"]]
    return full


def logged_by(deployment: Deployment, full: str) -> list[dict[str, Any]]:
    """The JSON lines that a function has written."""
    logs = deployment.session.client("logs", endpoint_url=deployment.aws_url)
    told = logs.filter_log_events(logGroupName=f"/aws/lambda/{full}")["events"]
    texts = [line for event in told for line in event["message"].splitlines()]
    return [json.loads(text) for text in texts if text.startswith("{")]


def test_a_request_leaves_one_line_with_its_metrics(deployment: Deployment) -> None:
    full = function(deployment, "APIHandler")
    _, headers, _ = ask(deployment, Bad("GET", RUNS, 200, ""))

    def mine() -> list[dict[str, Any]]:
        return [
            line for line in logged_by(deployment, full) if line.get("request_id") == headers["X-Request-Id"]
        ]

    [line] = eventually(mine)
    check_emf(line)
    assert (line["stage"], line["route"], line["status"], line["org_id"]) == (STAGE, RUNS, 200, ORG)
    assert line["ReadUnits"] > 0


def test_the_sweep_may_look_at_every_queue(deployment: Deployment) -> None:
    full = function(deployment, "Sweep")
    event = json.dumps(scheduled_event("sweep", "us-east-1")).encode()
    made = deployment.session.client("lambda", endpoint_url=deployment.aws_url)
    assert "FunctionError" not in made.invoke(FunctionName=full, Payload=event)
    line = eventually(lambda: [each for each in logged_by(deployment, full) if each["message"] == "sweep"])[
        -1
    ]
    check_emf(line)
    assert {"QueueVisible", "DeadLetterDepth", "OldestMessageAge"} <= set(line)


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_bad_requests_get_the_contracts_answers(deployment: Deployment, bad: Bad) -> None:
    status, headers, body = ask(deployment, bad)
    assert (status, body["code"]) == (bad.status, bad.code)
    assert body["error"]
    assert body["requestId"] == headers["X-Request-Id"]
    assert ("Allow" in headers) == (status == 405)
