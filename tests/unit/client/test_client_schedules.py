"""Schedules as the SDK asks for them: what is sent fits the contract, happens once, and wrong arguments raise at once."""

import asyncio
import json
from typing import Any, assert_type

import httpx
import pytest

from foreman_client import (
    AsyncForeman,
    AsyncPages,
    CatchUp,
    DeletedSchedule,
    Foreman,
    NotFoundError,
    Overlap,
    Pages,
    Result,
    RetryPolicy,
    Run,
    Schedule,
    SchedulePage,
    Template,
)
from foreman_contract.schedules import CreateSchedule, PatchSchedule
from foreman_contract.service import Config
from tests.unit.client.records import (
    RUN_ID,
    SCHEDULE_ID,
    config_json,
    error_json,
    page_json,
    run_json,
    schedule_json,
    task_id,
)
from tests.unit.client.stub_service import CONFIG, Reply, StubService, answer, error_of, serving

PATH = f"/prod/api/v1/schedules/{SCHEDULE_ID}"
LOST = httpx.ReadTimeout("slow")
NOT_FOUND = answer(404, error_json("not_found"))
PLAIN: Template = {"input_data": None, "tasks": [{"type": "work", "input_data": 1}]}
PLAIN_BODY = {
    "inputData": None,
    "tasks": [{"type": "work", "inputData": 1, "queue": "my-app:tasks"}],
    "resultQueue": "my-app:results",
}
FULL = Template(
    input_data={"report": "sales"},
    tasks=[
        {"type": "count", "input_data": 1, "ref": "a", "retry_policy": RetryPolicy(initial_seconds=1.5)},
        {"type": "sum", "input_data": 2, "queue": "other", "depends_on": ["a"], "fan_in": 1},
    ],
    metadata={"team": "billing"},
    auto_complete=False,
    result_queue="reports",
)
FULL_BODY = {
    "inputData": {"report": "sales"},
    "tasks": [
        {
            "type": "count",
            "inputData": 1,
            "ref": "a",
            "queue": "my-app:tasks",
            "retryPolicy": {"initialSeconds": 1.5},
        },
        {"type": "sum", "inputData": 2, "queue": "other", "dependsOn": ["a"], "fanIn": {"atLeast": 1}},
    ],
    "metadata": {"team": "billing"},
    "autoComplete": False,
    "resultQueue": "reports",
}
EVERYTHING: dict[str, Any] = {
    "name": "nightly",
    "cron": "0 3 * * *",
    "time_zone": "Europe/Berlin",
    "template": FULL,
    "overlap": Overlap.ALLOW,
    "catch_up": "skip",
    "paused": True,
}
EVERYTHING_BODY = {
    "name": "nightly",
    "cron": "0 3 * * *",
    "timeZone": "Europe/Berlin",
    "template": FULL_BODY,
    "overlap": "allow",
    "catchUp": "skip",
    "paused": True,
}


def client_of(service: StubService) -> Foreman:
    return Foreman(CONFIG, Config.model_validate(config_json()), service.session())


def sent(service: StubService) -> httpx.Request:
    """The one request there was."""
    (request,) = service.requests
    return request


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        (
            {"name": "n", "every_seconds": 60, "template": PLAIN},
            {"name": "n", "everySeconds": 60, "template": PLAIN_BODY},
        ),
        (EVERYTHING, EVERYTHING_BODY),
    ],
)
def test_a_schedule_is_created_from_what_was_given(arguments: dict[str, Any], body: dict[str, Any]) -> None:
    service = serving(answer(201, schedule_json()))
    created = client_of(service).create_schedule(**arguments)
    assert_type(created, Result[Schedule])
    assert (created.unwrap().overlap, created.unwrap().catch_up) == (Overlap.SKIP, CatchUp.ONCE)
    assert (sent(service).method, sent(service).url.path) == ("POST", "/prod/api/v1/schedules")
    assert service.bodies() == [body]
    assert CreateSchedule.model_validate(body).to_wire() == body


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ({"paused": False}, {"paused": False}),
        ({"every_seconds": 3600}, {"everySeconds": 3600}),
        ({"template": PLAIN}, {"template": PLAIN_BODY}),
        (EVERYTHING, EVERYTHING_BODY),
    ],
)
def test_an_update_holds_what_was_given_only(arguments: dict[str, Any], body: dict[str, Any]) -> None:
    service = serving(answer(200, schedule_json(paused=True)))
    updated = client_of(service).update_schedule(SCHEDULE_ID, **arguments)
    assert_type(updated, Result[Schedule])
    assert updated.unwrap().paused
    assert (sent(service).method, sent(service).url.path) == ("PATCH", PATH)
    assert service.bodies() == [body]
    assert PatchSchedule.model_validate(body).to_wire() == body


def test_an_update_of_nothing_is_the_services_to_refuse() -> None:
    service = serving(answer(400, error_json("invalid_request")))
    assert error_of(client_of(service).update_schedule(SCHEDULE_ID)).status == 400
    assert service.bodies() == [{}]


def test_a_schedule_is_read_with_all_its_fields() -> None:
    body = schedule_json(lastFireAt=3, lastRunId=RUN_ID, overlap="allow", catchUp="skip", new="field")
    service = serving(answer(200, body))
    found = client_of(service).get_schedule(SCHEDULE_ID)
    assert_type(found, Result[Schedule])
    assert found.unwrap().to_wire() == {name: value for name, value in body.items() if name != "new"}
    assert (found.unwrap().next_fire_at, found.unwrap().last_run_id) == (2, RUN_ID)
    assert (sent(service).method, sent(service).url.path) == ("GET", PATH)


def test_schedules_are_asked_for_by_every_parameter() -> None:
    row = schedule_json(templateOmitted=True)
    del row["template"]
    service = serving(answer(200, page_json(row, total=1)))
    page = client_of(service).list_schedules(limit=5, offset=10, sort_order="asc", total=True)
    assert_type(page, Result[SchedulePage])
    assert [(each.template, each.template_omitted) for each in page.unwrap().data] == [(None, True)]
    query = sorted(sent(service).url.params.multi_items())
    assert query == [("limit", "5"), ("offset", "10"), ("sortOrder", "asc"), ("total", "true")]


def test_schedules_are_iterated_in_pages_of_a_hundred() -> None:
    service = serving(
        answer(200, page_json(schedule_json(name="a"), nextCursor="1")),
        answer(200, page_json(schedule_json(name="b"))),
    )
    schedules = client_of(service).iterate_schedules()
    assert_type(schedules, Pages[Schedule, SchedulePage])
    assert [each.name for each in schedules.unwrap()] == ["a", "b"]
    assert [dict(request.url.params) for request in service.requests] == [
        {"limit": "100", "total": "false"},
        {"limit": "100", "total": "false", "cursor": "1"},
    ]


def test_a_fire_is_its_path_and_answers_the_run() -> None:
    service = serving(answer(201, run_json(taskIds={"a": task_id(1)})))
    fired = client_of(service).fire_schedule(SCHEDULE_ID)
    assert_type(fired, Result[Run])
    assert fired.unwrap().task_ids == {"a": task_id(1)}
    request = sent(service)
    assert (request.method, request.url.path) == ("POST", f"{PATH}/fire")
    assert (request.content, request.headers.get("content-type")) == (b"", None)


@pytest.mark.parametrize(
    ("operation", "arguments", "record"),
    [
        ("create_schedule", {"name": "n", "every_seconds": 60, "template": PLAIN}, schedule_json()),
        ("fire_schedule", {"schedule_id": SCHEDULE_ID}, run_json()),
    ],
)
def test_what_creates_keeps_one_idempotency_key_over_its_retries(
    operation: str, arguments: dict[str, Any], record: dict[str, Any]
) -> None:
    busy = answer(409, error_json("in_progress"), {"Retry-After": "1"})
    service = serving(LOST, answer(503, error_json("service_unavailable")), busy, answer(201, record))
    call = getattr(client_of(service), operation)
    call(**arguments).unwrap()
    call(**arguments).unwrap()
    call(**arguments, idempotency_key="mine").unwrap()
    *keys, fresh, given = (request.headers["idempotency-key"] for request in service.requests)
    assert (len(keys), len({*keys, fresh, given}), given) == (4, 3, "mine")
    assert len(set(keys)) == 1


def test_an_update_is_repeated_after_a_lost_answer() -> None:
    service = serving(LOST, answer(200, schedule_json()))
    assert client_of(service).update_schedule(SCHEDULE_ID, paused=False).success
    assert [json.loads(request.content) for request in service.requests] == [{"paused": False}] * 2


class TestDelete:
    def delete(self, *replies: Reply) -> Result[DeletedSchedule]:
        self.service = serving(*replies)
        deleted = client_of(self.service).delete_schedule(SCHEDULE_ID)
        assert_type(deleted, Result[DeletedSchedule])
        return deleted

    def test_it_is_its_path(self) -> None:
        assert self.delete(answer(200, {"deleted": 1})).unwrap() == DeletedSchedule(deleted=1)
        request = sent(self.service)
        assert (request.method, request.url.path, request.url.query) == ("DELETE", PATH, b"")
        assert request.content == b""

    def test_what_is_not_there_is_a_failure(self) -> None:
        assert isinstance(error_of(self.delete(NOT_FOUND)), NotFoundError)
        assert len(self.service.requests) == 1

    @pytest.mark.parametrize("lost", [LOST, answer(503, error_json("service_unavailable"))])
    def test_what_is_gone_after_a_lost_answer_is_a_success(self, lost: Reply) -> None:
        assert self.delete(lost, NOT_FOUND).unwrap() == DeletedSchedule(deleted=0)

    def test_after_a_spent_rate_limit_it_is_a_failure_still(self) -> None:
        limited = answer(429, error_json("rate_limited"), {"Retry-After": "7"})
        assert isinstance(error_of(self.delete(limited, NOT_FOUND)), NotFoundError)

    def test_a_404_that_is_not_foremans_is_a_failure(self) -> None:
        assert error_of(self.delete(LOST, httpx.Response(404, text="<html>"))).code == "http_404"


@pytest.mark.parametrize("operation", ["get_schedule", "update_schedule", "delete_schedule", "fire_schedule"])
def test_an_id_stays_in_its_place_in_the_path(operation: str) -> None:
    service = serving(NOT_FOUND)
    call = getattr(client_of(service), operation)
    assert not call("../runs?x=1").success
    assert sent(service).url.raw_path.startswith(b"/prod/api/v1/schedules/..%2Fruns%3Fx%3D1")
    for wrong, error in (("", ValueError), ("..", ValueError), (7, TypeError)):
        with pytest.raises(error, match="schedule_id"):
            call(wrong)
    assert len(service.requests) == 1


def test_the_async_side_is_typed_alike_and_sends_the_same() -> None:
    service = serving(
        answer(201, schedule_json()),
        answer(201, run_json()),
        answer(200, page_json(schedule_json())),
        answer(200, {"deleted": 1}),
    )

    async def main() -> None:
        session = service.async_session()
        async with AsyncForeman(CONFIG, Config.model_validate(config_json()), session) as client:
            created = await client.create_schedule(name="n", every_seconds=60, template=PLAIN)
            assert_type(created, Result[Schedule])
            assert_type(await client.fire_schedule(created.unwrap().id), Result[Run])
            pages = client.iterate_schedules()
            assert_type(pages, AsyncPages[Schedule, SchedulePage])
            assert [each.name async for each in pages.unwrap()] == ["nightly"]
            deleted = await client.delete_schedule(created.unwrap().id)
            assert_type(deleted, Result[DeletedSchedule])
            assert deleted.unwrap().deleted == 1

    asyncio.run(main())
    assert [request.method for request in service.requests] == ["POST", "POST", "GET", "DELETE"]
    assert json.loads(service.requests[0].content) == {
        "name": "n",
        "everySeconds": 60,
        "template": PLAIN_BODY,
    }
