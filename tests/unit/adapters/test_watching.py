"""What calls to AWS tell the invocation that makes them: what they consumed, throttles, and that its time is up."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError

from chalicelib.telemetry.invocation import REQUEST_BUDGET_S, invoked
from foreman_engine.domain.errors import DeploymentError, UnavailableError
from tests.factories import MISSING_ID
from tests.unit.adapters.faulty import AWAY, REFUSED, URL, Answer, answered, ports_on, refusing

API_GATEWAY_S = 29
ATTEMPT_S = 6
"""The longest attempt: a second to connect, five to read."""


class Clock:
    """Monotonic seconds that pass only in sleeps and in attempts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 0.0
        monkeypatch.setattr(time, "sleep", self.pass_)

    def __call__(self) -> float:
        return self.now_s

    def pass_(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def consuming(units: float) -> Answer:
    def answer(request: AWSPreparedRequest) -> AWSResponse:
        assert b'"ReturnConsumedCapacity": "TOTAL"' in (request.body or b"")
        target = str(request.headers["X-Amz-Target"])
        one: Any = {"TableName": "t", "CapacityUnits": units}
        several = "Transact" in target or "Batch" in target
        return answered(request, 200, {"ConsumedCapacity": [one, one] if several else one})

    return answer


def test_reads_and_writes_add_up() -> None:
    dynamodb: Any = ports_on(consuming(1.5)).runs
    client = dynamodb._tables.client
    with invoked(1) as invocation:
        client.get_item(TableName="t", Key={"pk": {"S": "x"}})
        client.batch_get_item(RequestItems={})
        client.query(TableName="t")
        client.update_item(TableName="t", Key={"pk": {"S": "x"}})
        client.transact_write_items(TransactItems=[{"Put": {"TableName": "t", "Item": {}}}])
    assert (invocation.read_units, invocation.write_units) == (1.5 + 3 + 1.5, 1.5 + 3)


@pytest.mark.usefixtures("clock")
def test_every_throttled_attempt_counts() -> None:
    ports = ports_on(refusing("ThrottlingException"))
    with invoked(API_GATEWAY_S) as invocation, pytest.raises(UnavailableError):
        ports.keys.find("acme", "hash")
    assert invocation.throttles == 3


def hanging(clock: Clock) -> Answer:
    def answer(_: AWSPreparedRequest) -> AWSResponse:
        clock.pass_(ATTEMPT_S)
        raise ReadTimeoutError(endpoint_url=URL)

    return answer


CALLS: dict[str, Callable[[Any], Any]] = {
    "dynamodb read": lambda ports: ports.keys.find("acme", "hash"),
    "dynamodb query": lambda ports: ports.keys.of_org("acme"),
    "dynamodb batch": lambda ports: ports.runs.get("acme", [MISSING_ID]),
    "dynamodb transaction": lambda ports: ports.keys.revoke("acme", "key", 1),
    "sqs": lambda ports: ports.messages.ping(),
    "s3 put": lambda ports: ports.runs._tables.objects.put("key", b"body"),
    "s3 get": lambda ports: ports.runs._tables.objects.get("key"),
    "queues": lambda ports: ports.queue_watch.depths(),
    "ages": lambda ports: ports.queue_watch.oldest_s(["queue"]),
}


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("answer", AWAY.values(), ids=AWAY)
def test_what_time_heals_is_unavailable(answer: Answer, call: Callable[[Any], Any]) -> None:
    with pytest.raises(UnavailableError):
        call(ports_on(answer))


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_it_is_tried_three_times(clock: Clock, call: Callable[[Any], Any]) -> None:
    with pytest.raises(UnavailableError):
        call(ports_on(hanging(clock)))
    assert clock.now_s == pytest.approx(3 * ATTEMPT_S, abs=3)  # and the pauses between


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("answer", REFUSED.values(), ids=REFUSED)
def test_what_an_operator_heals_is_told_as_such(answer: Answer, call: Callable[[Any], Any]) -> None:
    with pytest.raises(DeploymentError) as raised:
        call(ports_on(answer))
    assert "secret-name" not in str(raised.value)


def dragging(clock: Clock) -> Answer:
    """As slow as it can be without failing."""

    def answer(request: AWSPreparedRequest) -> AWSResponse:
        clock.pass_(ATTEMPT_S - 0.1)
        return answered(request, 200, {"Responses": {}, "UnprocessedKeys": {}})

    return answer


def again_and_again(call: Callable[[], object]) -> None:
    for _ in range(100):
        call()


@pytest.mark.parametrize("slow", [hanging, dragging])
@pytest.mark.parametrize("begun_s", [0, 5, 10, 15, 17.9])
def test_whatever_hangs_the_end_comes_before_api_gateways(
    clock: Clock, slow: Callable[[Clock], Answer], begun_s: float
) -> None:
    ports = ports_on(slow(clock))
    with invoked(REQUEST_BUDGET_S, clock) as invocation:
        clock.pass_(begun_s)
        with pytest.raises(UnavailableError):
            again_and_again(lambda: ports.runs.get("acme", [MISSING_ID]))
    assert invocation.elapsed_s < API_GATEWAY_S - 2  # a cold start takes some of it


def test_an_operators_command_is_not_hurried(clock: Clock) -> None:
    ports = ports_on(hanging(clock))
    clock.pass_(10 * REQUEST_BUDGET_S)
    with pytest.raises(UnavailableError):
        ports.keys.find("acme", "hash")
    assert clock.now_s > 10 * REQUEST_BUDGET_S + 2 * ATTEMPT_S
