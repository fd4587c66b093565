"""The rate limit over HTTP: contract section 10. What counts, what a caller is told, and what a change of limit does."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.api.http import ROUTES
from chalicelib.bootstrap import Services
from chalicelib.config import SettingError, Settings
from chalicelib.remembered import Remembered
from foreman_engine.domain.errors import UnavailableError
from foreman_engine.domain.rates import RateLimit
from foreman_engine.memory.clock import ManualClock
from foreman_engine.service.keys import create_key, limit_key
from tests.factories import MISSING_ID, MISSING_TASK_ID, Answered, Api

THREE = RateLimit(3, 60)
NAMES = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy")


def limited(api: Api, limit: RateLimit | None = None, default: RateLimit | None = THREE) -> Api:
    """A container of its own with a fresh key."""
    services = Services(replace(api.services.settings, rate_limit=default), api.ports)
    _, key = create_key(api.ports, "limited", "test", limit)
    return Api(services, key, "limited")


def told(answer: Answered) -> tuple[str, ...]:
    return tuple(answer.headers[name] for name in NAMES)


def look(api: Api) -> Answered:
    return api("GET", "/api/v1/config")


def test_every_counted_answer_tells_where_the_caller_stands(api: Api, clock: ManualClock) -> None:
    one = limited(api)
    assert (look(one).status, told(look(one))) == (200, ("3", "1", "60", "3;w=60"))
    clock.advance(58_999)
    answer = one("POST", "/api/v1/runs", raw="{")
    assert (answer.status, told(answer)) == (400, ("3", "0", "2", "3;w=60"))
    refused = one("GET", "/api/v1/runs")
    assert (refused.status, told(refused)) == (429, ("3", "0", "2", "3;w=60"))
    assert refused.headers["Retry-After"] == "2"
    assert set(refused.body) == {"error", "code", "requestId"}
    assert refused.body["code"] == "rate_limited"


def test_whoever_comes_back_after_retry_after_passes(api: Api, clock: ManualClock) -> None:
    one = limited(api)
    clock.advance(1)
    for _ in range(3):
        look(one)
        clock.advance(7_777)
    clock.advance(1000 * int(look(one).headers["Retry-After"]))
    assert look(one).status == 200


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [
        ("GET", f"/api/v1/runs/{MISSING_ID}", 404),
        ("GET", "/api/v1/runs/nonsense", 404),
        ("GET", "/api/v1/runs?limit=0", 400),
        ("PUT", "/api/v1/runs", 405),
        ("GET", "/api/v1/tasks/claim", 405),
        ("POST", "/api/v1/runs", 400),
    ],
)
def test_a_request_that_is_refused_counts_too(api: Api, method: str, url: str, status: int) -> None:
    answer = limited(api)(method, url, {} if method == "POST" else None)
    assert (answer.status, answer.headers["RateLimit-Remaining"]) == (status, "2")


def test_workers_and_public_routes_are_never_limited(api: Api) -> None:
    one = limited(api)
    for _ in range(4):
        look(one)
    task = {"id": MISSING_TASK_ID}
    work = {
        "claim": {"workerId": "w", "claimId": "c", "tasks": [task]},
        "report": {"workerId": "w", "results": [{**task, "attempt": 1, "status": "completed"}]},
        "heartbeat": {"workerId": "w", "tasks": [{**task, "attempt": 1}]},
    }
    answers = [one("POST", f"/api/v1/tasks/{name}", body) for name, body in work.items()]
    answers += [one("GET", path) for path in ("/health", "/openapi.json")]
    assert [answer.status for answer in answers] == [200] * 5
    assert one("GET", "/nowhere").status == 404
    assert not any(name in answer.headers for answer in answers for name in NAMES)
    assert look(one).status == 429


def test_whoever_is_not_let_in_counts_for_nobody(api: Api) -> None:
    one = limited(api)
    for header in ("Bearer nonsense", f"Basic {one.key}", None):
        answer = one("GET", "/api/v1/config", headers={"Authorization": header})
        assert answer.status == 401
        assert not any(name in answer.headers for name in NAMES)
    assert look(one).headers["RateLimit-Remaining"] == "2"


def test_keys_are_counted_apart_also_of_one_organization(api: Api) -> None:
    one = limited(api)
    other = Api(one.services, create_key(api.ports, "limited", "test")[1], "limited")
    for _ in range(4):
        look(one)
    assert look(other).status == 200


def test_containers_that_share_nothing_but_the_store_count_together(api: Api) -> None:
    one = limited(api)
    two = Api(replace(one.services, remembered=Remembered()), one.key, "limited")
    assert [look(each).status for each in (one, two, one, two, one, two)] == [200] * 3 + [429] * 3


@pytest.mark.parametrize(("failure", "status"), [(UnavailableError("away"), 503), (ZeroDivisionError(), 500)])
def test_a_bug_and_a_store_that_is_away_are_answered_with_the_headers_too(
    api: Api, monkeypatch: pytest.MonkeyPatch, failure: Exception, status: int
) -> None:
    one = limited(api)

    def away(*_: Any, **__: Any) -> Any:
        raise failure

    monkeypatch.setattr(type(one.ports.runs), "get", away)
    monkeypatch.setattr(type(one.ports.runs), "whole", away)
    answer = one("GET", f"/api/v1/runs/{MISSING_ID}")
    assert answer.status == status
    assert set(NAMES) <= set(answer.headers)


def test_a_store_that_cannot_count_is_503(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    one = limited(api)

    def away(*_: Any) -> Any:
        raise UnavailableError("DynamoDB is throttled or away.")

    monkeypatch.setattr(type(one.ports.rate_windows), "count", away)
    answer = look(one)
    assert (answer.status, answer.body["code"]) == (503, "service_unavailable")
    assert answer.headers["Retry-After"] == "1"


def test_a_changed_limit_holds_within_a_minute(api: Api) -> None:
    one = limited(api)
    assert [look(one).status for _ in range(4)] == [200] * 3 + [429]
    [key] = one.ports.keys.of_org("limited")

    def changed(limit: RateLimit | None, *, unlimited: bool = False) -> Api:
        limit_key(one.ports, key.key_id, limit, unlimited=unlimited)
        remembered = Remembered(lambda: 1e9)  # what is believed of keys is forgotten, windows are not
        window = one.services.remembered.window(key.hash, 60)
        assert window is not None
        remembered.remember_window(key.hash, 60, window)
        return Api(replace(one.services, remembered=remembered), one.key, "limited")

    assert [look(changed(RateLimit(5, 60))).status for _ in range(3)] == [200, 200, 429]
    assert look(changed(None)).status == 429
    assert look(changed(RateLimit(1, 10))).status == 200
    free = look(changed(None, unlimited=True))
    assert free.status == 200
    assert not any(name in free.headers for name in NAMES)


def test_a_deployment_may_have_no_limit_and_a_key_still_its_own(api: Api) -> None:
    free = limited(api, default=None)
    assert not any(name in look(free).headers for name in NAMES)
    own = limited(api, RateLimit(1, 60), default=None)
    assert [look(own).status for _ in range(2)] == [200, 429]


def test_the_deployments_limit_is_a_setting() -> None:
    assert Settings.from_env({}).rate_limit == RateLimit(100, 900)
    assert Settings.from_env({"FOREMAN_RATE_LIMIT": "5/10s"}).rate_limit == RateLimit(5, 10)
    assert Settings.from_env({"FOREMAN_RATE_LIMIT": "off"}).rate_limit is None
    with pytest.raises(
        SettingError, match=r"FOREMAN_RATE_LIMIT: 'many' is no rate limit; write such as 100/15m"
    ):
        Settings.from_env({"FOREMAN_RATE_LIMIT": "many"})


def test_the_document_shows_what_is_counted(api: Api) -> None:
    document = api("GET", "/openapi.json").body
    assert set(document["components"]["responses"]["Error429"]["headers"]) == {*NAMES, "Retry-After"}
    uncounted = {
        path
        for path, methods in document["paths"].items()
        for operation in methods.values()
        if "429" not in operation["responses"]
    }
    work = {f"/api/v1/tasks/{name}" for name in ("claim", "report", "heartbeat")}
    assert uncounted == {*work, "/health", "/openapi.json"}
    assert not any(route.counted and route.public for route in ROUTES.values())
    created = document["paths"]["/api/v1/runs"]["post"]["responses"]["201"]
    assert set(created["headers"]) == set(NAMES)
