"""New server rules reach old workers: an outcome without a name here still says what to do with the message."""

from collections.abc import Callable
from typing import Any

import pytest

from foreman_client import UnexpectedAnswerError
from foreman_client._steps import Scope, Steps
from foreman_client.operations.work import claim, heartbeat, report
from foreman_contract.base import RequestModel
from foreman_contract.work import Claim, Heartbeat, Report
from tests.unit.client.records import task_id, task_json
from tests.unit.client.stub_service import StubService, answer, serving

CALLS: dict[str, Callable[[Scope], Steps[Any]]] = {
    "claim": lambda scope: claim(scope, worker_id="w", claim_id="c", task_ids=[task_id(1)], lease_seconds=60),
    "report": lambda scope: report(
        scope,
        worker_id="w",
        results=[{"id": task_id(1), "attempt": 1, "status": "completed", "outputData": None}],
    ),
    "heartbeat": lambda scope: heartbeat(
        scope, worker_id="w", beats=[{"id": task_id(1), "attempt": 1}], lease_seconds=None
    ),
}
MODELS: dict[str, type[RequestModel]] = {"claim": Claim, "report": Report, "heartbeat": Heartbeat}


def answered(call: str, element: dict[str, Any]) -> tuple[Any, StubService]:
    service = serving(answer(200, {"results": [{"id": task_id(1)} | element]}))
    session = service.session()
    return session.run(CALLS[call](session.scope)), service


@pytest.mark.parametrize(
    ("call", "read_as"), [("claim", "leased"), ("report", "stale"), ("heartbeat", "lost")]
)
def test_an_outcome_of_the_future_is_not_ours_and_its_message_is_treated_as_told(
    call: str, read_as: str
) -> None:
    result, _ = answered(call, {"outcome": "postponed", "message": "hide", "seconds": 7, "status": "parked"})
    (element,) = result.unwrap().results
    assert (element.outcome, element.message, element.seconds) == (read_as, "hide", 7)


@pytest.mark.parametrize("call", CALLS)
def test_an_action_of_the_future_leaves_the_message_alone(call: str) -> None:
    result, _ = answered(call, {"outcome": "postponed", "message": "archive"})
    assert result.unwrap().results[0].message == "leave"


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("element", [{}, {"outcome": 7}, {"outcome": None, "message": []}])
def test_what_is_no_answer_at_all_is_a_failure(call: str, element: dict[str, Any]) -> None:
    result, _ = answered(call, element)
    assert isinstance(result.error, UnexpectedAnswerError)


@pytest.mark.parametrize("call", CALLS)
def test_requests_fit_the_contract_and_carry_no_idempotency_key(call: str) -> None:
    _, service = answered(call, {"outcome": "x", "message": "leave"})
    (body,) = service.bodies()
    assert MODELS[call].model_validate(body).to_wire() == body
    assert service.requests[0].url.path == f"/prod/api/v1/tasks/{call}"
    assert "idempotency-key" not in service.requests[0].headers


def test_a_claimed_task_is_read_whole() -> None:
    task = task_json(1, status="running", attempt=2)
    result, _ = answered("claim", {"outcome": "claimed", "task": task, "seconds": 60})
    assert result.unwrap().results[0].task.to_wire() == task
