"""Schedules over HTTP: created, read, changed, listed and deleted as they were written."""

import json
from dataclasses import replace
from typing import Any

import pytest

from foreman_engine.domain.errors import StaleError
from foreman_engine.memory.clock import ManualClock
from tests.factories import MISSING_ID, Answered, Api
from tests.unit.api.test_routes import NEW_TASK, SCHEDULE, TEMPLATE

SCHEDULES = "/api/v1/schedules"
MB = 1 << 20


def make(api: Api, **fields: Any) -> dict[str, Any]:
    answer = api("POST", SCHEDULES, {**SCHEDULE, **fields})
    assert answer.status == 201, answer
    return dict(answer.body)


def at(api: Api, schedule: dict[str, Any]) -> Answered:
    return api("GET", f"{SCHEDULES}/{schedule['id']}")


def test_a_schedule_is_answered_as_it_was_asked_for_with_its_defaults(api: Api, clock: ManualClock) -> None:
    now = clock.now_ms()
    schedule = make(api)
    assert schedule == {
        "id": schedule["id"],
        "orgId": "acme",
        "name": "nightly",
        "cron": "0 3 * * *",
        "timeZone": "UTC",
        "template": TEMPLATE,
        "overlap": "skip",
        "catchUp": "once",
        "paused": False,
        "nextFireAt": now - now % 86_400_000 + 3 * 3_600_000,
        "createdAt": now,
        "updatedAt": now,
    }
    assert at(api, schedule).body == schedule


def test_every_field_comes_back(api: Api) -> None:
    template = {
        "inputData": None,
        "metadata": {"team": "billing"},
        "autoComplete": False,
        "resultQueue": "reports:results",
        "tasks": [
            {"ref": "a", "type": "t", "inputData": 12345678901234567890123, "retryPolicy": {"factor": 3}},
            {
                "type": "u",
                "inputData": "é\u2028",
                "dependsOn": ["a"],
                "priority": "high",
                "delaySeconds": 1.5,
            },
        ],
    }
    fields = {
        "name": "n" * 255,
        "everySeconds": 31_536_000,
        "timeZone": "America/Argentina/Buenos_Aires",
        "template": template,
        "overlap": "allow",
        "catchUp": "skip",
        "paused": True,
    }
    answer = api("POST", SCHEDULES, fields)
    assert answer.status == 201
    assert {name: at(api, answer.body).body[name] for name in fields} == fields
    assert "cron" not in answer.body


def test_a_template_of_several_megabytes_comes_back_equal_and_is_left_out_of_lists(api: Api) -> None:
    tasks = [{"type": "t", "inputData": "".join(chr(0x4E00 + n % 20_000) for n in range(340_000))}] * 3
    schedule = make(api, template={"inputData": 1, "tasks": tasks})
    assert at(api, schedule).body["template"]["tasks"] == tasks
    [listed] = api("GET", SCHEDULES).body["data"]
    assert (listed["id"], listed["templateOmitted"], "template" in listed) == (schedule["id"], True, False)


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ({"inputData": "x" * MB, "tasks": [NEW_TASK]}, "template.inputData"),
        (
            {"inputData": 1, "tasks": [NEW_TASK, {**NEW_TASK, "inputData": "x" * MB}]},
            "template.tasks[1].inputData",
        ),
        ({"inputData": 1, "metadata": {"m": "x" * 16_384}, "tasks": [NEW_TASK]}, "template.metadata"),
        (
            {"inputData": 1, "tasks": [{**NEW_TASK, "metadata": {"m": "x" * 16_384}}]},
            "template.tasks[0].metadata",
        ),
    ],
)
def test_what_no_run_could_hold_is_413_at_once(api: Api, template: dict[str, Any], path: str) -> None:
    for answer in (
        api("POST", SCHEDULES, {**SCHEDULE, "template": template}),
        api("PATCH", f"{SCHEDULES}/{make(api)['id']}", {"template": template}),
    ):
        assert (answer.status, answer.body["code"]) == (413, "payload_too_large")
        assert path in answer.body["error"]


def test_a_circle_in_a_template_is_400_and_named(api: Api) -> None:
    tasks = [
        {"ref": "a", "type": "t", "inputData": 1, "dependsOn": ["b"]},
        {"ref": "b", "type": "t", "inputData": 1, "dependsOn": ["a"]},
    ]
    answer = api("POST", SCHEDULES, {**SCHEDULE, "template": {"inputData": 1, "tasks": tasks}})
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")
    assert answer.body["details"][0]["path"].startswith("template.tasks[")
    assert api("GET", SCHEDULES).body["data"] == []


def test_a_patch_changes_what_it_names(api: Api, clock: ManualClock) -> None:
    schedule = make(api)
    clock.advance(5000)
    patched = api("PATCH", f"{SCHEDULES}/{schedule['id']}", {"everySeconds": 60, "timeZone": "Asia/Tokyo"})
    assert patched.status == 200
    without_cron = {name: value for name, value in schedule.items() if name != "cron"}
    now = clock.now_ms()
    expected = {
        **without_cron,
        "everySeconds": 60,
        "timeZone": "Asia/Tokyo",
        "nextFireAt": now + 60_000,
        "updatedAt": now,
    }
    assert patched.body == at(api, schedule).body == expected
    clock.advance(5000)
    assert api("PATCH", f"{SCHEDULES}/{schedule['id']}", {"everySeconds": 60}).body == expected


@pytest.mark.parametrize("patch", [{"cron": "0 0 30 2 *"}, {"timeZone": "Nowhere"}])
def test_a_patch_that_makes_no_sense_is_400_and_changes_nothing(api: Api, patch: dict[str, Any]) -> None:
    schedule = make(api)
    answer = api("PATCH", f"{SCHEDULES}/{schedule['id']}", patch)
    assert (answer.status, answer.body["details"][0]["path"]) == (400, next(iter(patch)))
    assert at(api, schedule).body == schedule


def test_a_paused_schedule_tells_what_its_next_fire_would_be(api: Api, clock: ManualClock) -> None:
    schedule = make(api, paused=True)
    clock.advance(10 * 86_400_000)
    assert at(api, schedule).body["nextFireAt"] == schedule["nextFireAt"] + 10 * 86_400_000


def test_what_is_deleted_is_gone(api: Api) -> None:
    schedule = make(api)
    path = f"{SCHEDULES}/{schedule['id']}"
    assert api("DELETE", path).body == {"deleted": 1}
    assert api("GET", SCHEDULES).body["data"] == []
    for method, to, body in (
        ("GET", path, None),
        ("DELETE", path, None),
        ("PATCH", path, {"paused": True}),
        ("POST", f"{path}/fire", None),
    ):
        answer = api(method, to, body)
        assert (answer.status, answer.body["code"]) == (404, "not_found")


def test_a_creation_that_is_repeated_after_its_deletion_is_404(api: Api) -> None:
    headers = {"Idempotency-Key": "k"}
    made = api("POST", SCHEDULES, SCHEDULE, headers=headers).body
    api("DELETE", f"{SCHEDULES}/{made['id']}")
    assert api("POST", SCHEDULES, SCHEDULE, headers=headers).status == 404


def test_a_schedule_of_another_organization_is_unknown(api: Api) -> None:
    schedule, other = make(api), api.another("globex")
    path = f"{SCHEDULES}/{schedule['id']}"
    unknown = other("GET", f"{SCHEDULES}/{MISSING_ID}").body["error"]
    for method, to, body in (
        ("GET", path, None),
        ("PATCH", path, {"paused": True}),
        ("POST", f"{path}/fire", None),
        ("DELETE", path, None),
    ):
        answer = other(method, to, body)
        assert (answer.status, answer.body["error"]) == (404, unknown)
    assert other("GET", SCHEDULES).body["data"] == []
    assert at(api, schedule).body == schedule


class TestList:
    @pytest.fixture
    def made(self, api: Api) -> list[str]:
        return [make(api, name=str(number))["id"] for number in range(7)]

    @pytest.mark.parametrize("order", ["asc", "desc"])
    def test_a_walk_sees_each_once_in_the_order_of_creation(
        self, api: Api, made: list[str], order: str
    ) -> None:
        seen: list[str] = []
        cursor = ""
        while True:
            page = api("GET", f"{SCHEDULES}?limit=3&sortOrder={order}{cursor}").body
            seen += [each["id"] for each in page["data"]]
            assert page["pagination"]["total"] == 7
            if "nextCursor" not in page["pagination"]:
                break
            cursor = f"&cursor={page['pagination']['nextCursor']}"
        assert seen == (made if order == "asc" else made[::-1])

    def test_an_offset_passes_over_rows(self, api: Api, made: list[str]) -> None:
        page = api("GET", f"{SCHEDULES}?limit=2&offset=3&total=false").body
        assert [each["id"] for each in page["data"]] == made[3:1:-1]
        assert "total" not in page["pagination"]

    def test_what_is_deleted_during_a_walk_makes_it_miss_nothing_else(
        self, api: Api, made: list[str]
    ) -> None:
        first = api("GET", f"{SCHEDULES}?limit=2&sortOrder=asc").body
        api("DELETE", f"{SCHEDULES}/{made[1]}")
        cursor = first["pagination"]["nextCursor"]
        rest = api("GET", f"{SCHEDULES}?sortOrder=asc&cursor={cursor}").body["data"]
        assert [each["id"] for each in rest] == made[2:]

    @pytest.mark.parametrize(
        "query", ["limit=0", "limit=101", "sortOrder=up", "sortBy=started_at", "cursor=x", "offset=-1"]
    )
    def test_bad_parameters_are_400(self, api: Api, query: str) -> None:
        assert api("GET", f"{SCHEDULES}?{query}").status == 400

    def test_a_cursor_is_good_for_its_own_list(self, api: Api, made: list[str]) -> None:
        cursor = api("GET", f"{SCHEDULES}?limit=1").body["pagination"]["nextCursor"]
        for of in (api.another("globex"), api):
            order = "asc" if of is api else "desc"
            assert of("GET", f"{SCHEDULES}?sortOrder={order}&cursor={cursor}").status == 400


def test_unicode_and_escapes_in_a_name_come_back(api: Api) -> None:
    name = 'a"\\\u0000\U0001f600'
    assert at(api, make(api, name=name)).body["name"] == name == json.loads(json.dumps(name))


class TestTemplateReplacedMeanwhile:
    """Between the read of a schedule and that of its template, a patch replaces the template."""

    @pytest.fixture
    def racing(self, api: Api) -> Api:
        schedules, then = api.ports.schedules, iter((1,))

        class Racing:
            def load(self, stored: Any) -> Any:
                if next(then, None):
                    template = {"inputData": "new", "tasks": [NEW_TASK]}
                    [each] = stored
                    assert api("PATCH", f"{SCHEDULES}/{each.id}", {"template": template}).status == 200
                    raise StaleError([each.id])
                return schedules.load(stored)

            def __getattr__(self, name: str) -> Any:
                return getattr(schedules, name)

        race: Any = Racing()
        services = replace(api.services, ports=replace(api.ports, schedules=race))
        return Api(services, api.key, api.org_id)

    @pytest.mark.parametrize(
        ("method", "to", "body"),
        [
            ("GET", "/{id}", None),
            ("GET", "", None),
            ("PATCH", "/{id}", {"name": "m"}),
            ("POST", "/{id}/fire", None),
        ],
    )
    def test_the_new_one_is_answered(
        self, api: Api, racing: Api, method: str, to: str, body: dict[str, Any] | None
    ) -> None:
        answer = racing(method, SCHEDULES + to.format(id=make(api)["id"]), body)
        [shown] = answer.body.get("data", [answer.body])
        assert shown.get("template", shown)["inputData"] == "new"

    def test_a_repeated_fire_does_without_the_names_of_tasks(self, api: Api, racing: Api) -> None:
        path = f"{SCHEDULES}/{make(api)['id']}/fire"
        first = api("POST", path, headers={"Idempotency-Key": "k"})
        again = racing("POST", path, headers={"Idempotency-Key": "k"})
        assert (again.status, again.body["id"], "taskIds" in again.body) == (200, first.body["id"], False)
