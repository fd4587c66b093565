"""What callers see when AWS is throttled, away, or refuses the deployment."""

import time
from functools import partial
from typing import Any

import pytest

from app import app
from chalicelib.api import http
from chalicelib.api.auth import authorize
from chalicelib.api.http import ROUTES, UNLISTED
from chalicelib.bootstrap import Services
from chalicelib.telemetry.invocation import invoked
from tests.factories import MISSING_ID, MISSING_TASK_ID, Answered, Api, memory_api, settings
from tests.lines import check_emf, logged
from tests.unit.adapters.faulty import AWAY, REFUSED, ports_on, refusing
from tests.unit.adapters.test_watching import Clock, hanging

assert app.routes  # registers every route
AUTHORIZED = sorted(
    {
        (route.method, route.path)
        for name, route in ROUTES.items()
        if not route.public and not name.startswith(UNLISTED)
    }
)
TASK = {"runId": MISSING_ID, "type": "t", "inputData": None}
ENTRY = {"taskId": MISSING_TASK_ID, "key": "k", "value": 1}
BEYOND_THE_KEY: dict[str, tuple[str, str, Any]] = {
    "create run": ("POST", "/api/v1/runs", {"inputData": None}),
    "create graph": ("POST", "/api/v1/runs", {"inputData": None, "tasks": [{"type": "t", "inputData": 1}]}),
    "get run": ("GET", f"/api/v1/runs/{MISSING_ID}", None),
    "patch run": ("PATCH", f"/api/v1/runs/{MISSING_ID}", {"status": "running"}),
    "cancel run": ("POST", f"/api/v1/runs/{MISSING_ID}/cancel", None),
    "list runs": ("GET", "/api/v1/runs", None),
    "create task": ("POST", "/api/v1/tasks", TASK),
    "create tasks": ("POST", "/api/v1/tasks/batch", {"tasks": [TASK]}),
    "get task": ("GET", f"/api/v1/tasks/{MISSING_TASK_ID}", None),
    "list tasks": ("GET", f"/api/v1/tasks?runId={MISSING_ID}", None),
    "claim": (
        "POST",
        "/api/v1/tasks/claim",
        {"workerId": "w", "claimId": "c", "tasks": [{"id": MISSING_TASK_ID}]},
    ),
    "report": (
        "POST",
        "/api/v1/tasks/report",
        {"workerId": "w", "results": [{"id": MISSING_TASK_ID, "attempt": 1, "status": "completed"}]},
    ),
    "heartbeat": (
        "POST",
        "/api/v1/tasks/heartbeat",
        {"workerId": "w", "tasks": [{"id": MISSING_TASK_ID, "attempt": 1}]},
    ),
    "write data": ("POST", f"/api/v1/runs/{MISSING_ID}/data", ENTRY),
    "query data": ("GET", f"/api/v1/runs/{MISSING_ID}/data", None),
    "search data": ("GET", "/api/v1/data?key=k", None),
    "queues": ("GET", "/api/v1/config/queues", None),
}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Time that passes only where it is spent, for requests too."""
    clock = Clock(monkeypatch)
    monkeypatch.setattr(http, "invoked", partial(invoked, now=clock))
    return clock


def api_on(answer: Any, *, known: bool) -> Api:
    """The API on a faulty AWS; `known` tells whether it has seen the key before the fault began."""
    healthy, _ = memory_api()
    services = Services(settings(), ports_on(answer))
    if known:
        key = authorize(healthy.services, f"Bearer {healthy.key}")
        services.remembered.remember_key(key.hash, key)
    return Api(services, healthy.key, healthy.org_id)


def assert_unavailable(answer: Answered) -> None:
    assert (answer.status, answer.body["code"]) == (503, "service_unavailable")
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.body["requestId"] == answer.headers["X-Request-Id"]


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(("method", "path"), AUTHORIZED)
def test_every_route_says_to_come_back(method: str, path: str) -> None:
    url = path.replace("{", "").replace("}", "")
    assert_unavailable(api_on(AWAY["throttling"], known=False)(method, url, {}))


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(("method", "url", "body"), BEYOND_THE_KEY.values(), ids=BEYOND_THE_KEY)
@pytest.mark.parametrize("fault", ["throttling", "server error", "connection refused"])
def test_so_it_does_behind_the_key(fault: str, method: str, url: str, body: Any) -> None:
    assert_unavailable(api_on(AWAY[fault], known=True)(method, url, body))


@pytest.mark.parametrize(("method", "url", "body"), BEYOND_THE_KEY.values(), ids=BEYOND_THE_KEY)
@pytest.mark.parametrize("fault", ["AccessDeniedException", "ExpiredTokenException"])
def test_a_deployment_that_is_refused_answers_500_and_names_nothing(
    fault: str, method: str, url: str, body: Any
) -> None:
    with logged() as log:
        answer = api_on(REFUSED[fault], known=True)(method, url, body)
    assert (answer.status, answer.body["code"]) == (500, "deployment_fault")
    assert "Retry-After" not in answer.headers
    assert not any(word in str(answer.body) for word in ("foreman", "DynamoDB", "SQS", fault))
    [line] = log.of("request")
    check_emf(line)
    assert fault in line["cause"]
    assert log.of("bug") == []


@pytest.mark.parametrize(("method", "url", "body"), BEYOND_THE_KEY.values(), ids=BEYOND_THE_KEY)
def test_an_aws_that_hangs_is_given_up_before_api_gateway_gives_us_up(
    clock: Clock, method: str, url: str, body: Any
) -> None:
    assert_unavailable(api_on(hanging(clock), known=False)(method, url, body))
    assert clock.now_s < 27


@pytest.mark.usefixtures("clock")
def test_throttles_by_aws_are_counted_apart_from_ours() -> None:
    with logged() as log:
        api_on(refusing("ThrottlingException"), known=True)("GET", f"/api/v1/runs/{MISSING_ID}")
    [line] = log.of("request")
    assert (line["AwsThrottles"], line["Throttles"], line["ServerErrors"]) == (3, 0, 1)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("fault", ["throttling", "connection refused"])
def test_health_tells_what_does_not_answer(fault: str) -> None:
    answer = api_on(AWAY[fault], known=False)("GET", "/health")
    assert (answer.status, answer.body["services"]) == (
        503,
        {"database": "unhealthy", "queues": "unhealthy"},
    )
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_refused_deployment_is_unhealthy_too() -> None:
    answer = api_on(REFUSED["AccessDeniedException"], known=False)("GET", "/health")
    assert (answer.status, answer.body["status"]) == (503, "unhealthy")


def test_retries_wait_between_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    api_on(refusing("ThrottlingException"), known=True)("GET", f"/api/v1/runs/{MISSING_ID}")
    assert len(pauses) == 2
