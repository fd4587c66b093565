"""Every route answers bad input as the contract says; a route without a case here fails the suite."""

import re
from typing import Any, Final

import pytest

from app import app
from chalicelib.api.http import UNLISTED
from chalicelib.api.refusals import CATCH_ALL, METHODS
from tests.factories import MISSING_ID, MISSING_TASK_ID, Api

TASK_BODY: Final = {"runId": MISSING_ID, "type": "t", "inputData": {}}
NEW_TASK: Final = {"type": "t", "inputData": {}}
RESULT: Final = {"id": MISSING_TASK_ID, "attempt": 1, "status": "completed"}
CLAIM: Final = {"workerId": "w", "claimId": "c", "tasks": [{"id": MISSING_TASK_ID}]}

TEMPLATE: Final = {"inputData": 1, "tasks": [NEW_TASK]}
SCHEDULE: Final = {"name": "nightly", "cron": "0 3 * * *", "template": TEMPLATE}

# Per route: a body that is valid, and for each way of being wrong (a body, the path that the details name).
BODIES: Final[dict[tuple[str, str], tuple[Any, list[tuple[Any, str]]]]] = {
    ("POST", "/api/v1/runs"): (
        {"inputData": None},
        [
            ({}, "inputData"),
            ({"inputdata": 1}, "inputData"),
            ({"input_data": 1}, "inputData"),
            ({"inputData": 1, "metadata": []}, "metadata"),
            ({"inputData": 1, "metadata": None}, "metadata"),
            ({"inputData": 1, "autoComplete": "true"}, "autoComplete"),
            ({"inputData": 1, "autoComplete": 1}, "autoComplete"),
            ({"inputData": 1, "resultQueue": ""}, "resultQueue"),
            ({"inputData": 1, "resultQueue": "a b"}, "resultQueue"),
            ({"inputData": 1, "resultQueue": "q" * 41}, "resultQueue"),
            ({"inputData": 1, "shards": 0}, "shards"),
            ({"inputData": 1, "shards": 65}, "shards"),
            ({"inputData": 1, "shards": "1"}, "shards"),
            ({"inputData": 1, "tasks": None}, "tasks"),
            ({"inputData": 1, "tasks": {}}, "tasks"),
            ({"inputData": 1, "tasks": []}, "tasks"),
            ({"inputData": 1, "tasks": [NEW_TASK] * 91}, "tasks"),
            ({"inputData": 1, "tasks": [NEW_TASK, 7]}, "tasks[1]"),
            ({"inputData": 1, "tasks": [NEW_TASK, {"type": "t"}]}, "tasks[1].inputData"),
            ({"inputData": 1, "tasks": [{**NEW_TASK, "ref": 1}]}, "tasks[0].ref"),
            ({"inputData": 1, "tasks": [{**NEW_TASK, "delaySeconds": "1"}]}, "tasks[0].delaySeconds"),
            ({"inputData": 1, "tasks": [{**NEW_TASK, "dependsOn": ["x"]}]}, "tasks[0].dependsOn[0]"),
            ({"inputData": 1, "tasks": [{**NEW_TASK, "fanIn": {"atLeast": 1.5}}]}, "tasks[0].fanIn"),
        ],
    ),
    ("PATCH", "/api/v1/runs/{run_id}"): (
        {"status": "running"},
        [({"status": "done"}, "status"), ({"status": None}, "status"), ({"metadata": 3}, "metadata")],
    ),
    ("POST", "/api/v1/tasks"): (
        TASK_BODY,
        [
            ({}, "runId"),
            ({**TASK_BODY, "runId": "nope"}, "runId"),
            ({**TASK_BODY, "type": ""}, "type"),
            ({**TASK_BODY, "type": "t" * 256}, "type"),
            ({**TASK_BODY, "type": 3}, "type"),
            ({**TASK_BODY, "maxRetries": 11}, "maxRetries"),
            ({**TASK_BODY, "maxRetries": -1}, "maxRetries"),
            ({**TASK_BODY, "maxRetries": "3"}, "maxRetries"),
            ({**TASK_BODY, "maxRetries": True}, "maxRetries"),
            ({**TASK_BODY, "enqueue": "yes"}, "enqueue"),
            ({**TASK_BODY, "queue": "no spaces"}, "queue"),
            ({**TASK_BODY, "priority": "urgent"}, "priority"),
            ({**TASK_BODY, "timeoutSeconds": 0}, "timeoutSeconds"),
            ({**TASK_BODY, "timeoutSeconds": 604_801}, "timeoutSeconds"),
            ({**TASK_BODY, "delaySeconds": -1}, "delaySeconds"),
            ({**TASK_BODY, "delaySeconds": 31_536_001}, "delaySeconds"),
            ({**TASK_BODY, "delaySeconds": "5"}, "delaySeconds"),
            ({**TASK_BODY, "delaySeconds": None}, "delaySeconds"),
            ({**TASK_BODY, "availableAt": -1}, "availableAt"),
            ({**TASK_BODY, "availableAt": 1.5}, "availableAt"),
            ({**TASK_BODY, "availableAt": 10**20}, "availableAt"),
            ({**TASK_BODY, "delaySeconds": 0, "availableAt": 5}, "availableAt"),
            ({**TASK_BODY, "parentTaskId": "x"}, "parentTaskId"),
            ({**TASK_BODY, "retryPolicy": {"factor": 0}}, "retryPolicy.factor"),
            ({**TASK_BODY, "retryPolicy": {"initialSeconds": "2"}}, "retryPolicy.initialSeconds"),
            ({**TASK_BODY, "dependsOn": "x"}, "dependsOn"),
            ({**TASK_BODY, "dependsOn": ["a", 1]}, "dependsOn[1]"),
            ({**TASK_BODY, "dependsOn": ["x"]}, "dependsOn[0]"),
            ({**TASK_BODY, "dependsOn": [str(n) for n in range(51)]}, "dependsOn"),
            ({**TASK_BODY, "fanIn": "none"}, "fanIn"),
            ({**TASK_BODY, "fanIn": "any"}, "fanIn"),
            ({**TASK_BODY, "fanIn": {"atLeast": 1}}, "fanIn.atLeast"),
            ({**TASK_BODY, "allowFailure": 1}, "allowFailure"),
            ({**TASK_BODY, "ref": ""}, "ref"),
            ({**TASK_BODY, "ref": "r" * 65}, "ref"),
        ],
    ),
    ("POST", "/api/v1/tasks/batch"): (
        {"tasks": [TASK_BODY]},
        [
            ({}, "tasks"),
            ({"tasks": []}, "tasks"),
            ({"tasks": {}}, "tasks"),
            ({"tasks": [TASK_BODY] * 91}, "tasks"),
            ({"tasks": [TASK_BODY, {**TASK_BODY, "type": 1}]}, "tasks[1].type"),
            ({"tasks": [TASK_BODY, 7]}, "tasks[1]"),
            ({"tasks": [{**TASK_BODY, "delaySeconds": 1, "availableAt": 1}]}, "tasks[0].availableAt"),
            ({"tasks": [TASK_BODY, {**TASK_BODY, "dependsOn": ["x"]}]}, "tasks[1].dependsOn[0]"),
            ({"tasks": [{**TASK_BODY, "ref": "a"}] * 2}, "tasks[1].ref"),
            ({"tasks": [TASK_BODY, {**TASK_BODY, "runId": MISSING_TASK_ID}]}, "tasks[1].runId"),
        ],
    ),
    ("PATCH", "/api/v1/tasks/{task_id}"): (
        {"status": "running"},
        [
            ({"status": "finished"}, "status"),
            ({"attempt": -1}, "attempt"),
            ({"attempt": 1.5}, "attempt"),
            ({"queueJobId": "j" * 256}, "queueJobId"),
            ({"metadata": "m"}, "metadata"),
        ],
    ),
    ("POST", "/api/v1/tasks/claim"): (
        CLAIM,
        [
            ({**CLAIM, "workerId": ""}, "workerId"),
            ({**CLAIM, "workerId": "w" * 129}, "workerId"),
            ({**CLAIM, "tasks": []}, "tasks"),
            ({**CLAIM, "tasks": [{"id": MISSING_TASK_ID}] * 2}, "tasks"),
            ({**CLAIM, "tasks": [{"id": "x"}]}, "tasks[0].id"),
            (
                {**CLAIM, "tasks": [{"id": f"{i:08x}-0000-8000-8000-000000000000"} for i in range(11)]},
                "tasks",
            ),
            ({**CLAIM, "leaseSeconds": 4}, "leaseSeconds"),
            ({**CLAIM, "leaseSeconds": 3601}, "leaseSeconds"),
            ({"workerId": "w", "tasks": CLAIM["tasks"]}, "claimId"),
        ],
    ),
    ("POST", "/api/v1/tasks/report"): (
        {"workerId": "w", "results": [RESULT]},
        [
            ({"workerId": "w", "results": []}, "results"),
            ({"workerId": "w", "results": [RESULT, RESULT]}, "results"),
            ({"workerId": "w", "results": [{**RESULT, "status": "cancelled"}]}, "results[0].status"),
            ({"workerId": "w", "results": [{**RESULT, "attempt": "1"}]}, "results[0].attempt"),
            ({"workerId": "w", "results": [{**RESULT, "retryable": None}]}, "results[0].retryable"),
            (
                {"workerId": "w", "results": [{**RESULT, "retryDelaySeconds": -1}]},
                "results[0].retryDelaySeconds",
            ),
        ],
    ),
    ("POST", "/api/v1/tasks/heartbeat"): (
        {"workerId": "w", "tasks": [{"id": MISSING_TASK_ID, "attempt": 1}]},
        [
            ({"workerId": "w", "tasks": []}, "tasks"),
            ({"workerId": "w", "tasks": [{"id": MISSING_TASK_ID}]}, "tasks[0].attempt"),
            ({"tasks": [{"id": MISSING_TASK_ID, "attempt": 1}]}, "workerId"),
        ],
    ),
    ("POST", "/api/v1/runs/{run_id}/data"): (
        {"taskId": MISSING_TASK_ID, "key": "k", "value": 1},
        [
            ({"taskId": MISSING_TASK_ID, "key": "k"}, "value"),
            ({"taskId": "x", "key": "k", "value": 1}, "taskId"),
            ({"taskId": MISSING_TASK_ID, "key": "", "value": 1}, "key"),
            ({"taskId": MISSING_TASK_ID, "key": "k" * 256, "value": 1}, "key"),
            ({"taskId": MISSING_TASK_ID, "key": "é" * 241, "value": 1}, "key"),
            ({"taskId": MISSING_TASK_ID, "key": "a\nb", "value": 1}, "key"),
            ({"taskId": MISSING_TASK_ID, "key": "k", "value": 1, "tags": "t"}, "tags"),
            ({"taskId": MISSING_TASK_ID, "key": "k", "value": 1, "tags": [""]}, "tags[0]"),
            (
                {"taskId": MISSING_TASK_ID, "key": "k", "value": 1, "tags": [str(i) for i in range(51)]},
                "tags",
            ),
        ],
    ),
    ("PATCH", "/api/v1/runs/{run_id}/data/{data_id}/tags"): (
        {"add": ["t"], "remove": []},
        [
            ({}, ""),
            ({"other": 1}, ""),
            ({"add": "t"}, "add"),
            ({"add": None}, "add"),
            ({"remove": [3]}, "remove[0]"),
            ({"add": ["ok", ""]}, "add[1]"),
            ({"add": ["a\nb"]}, "add[0]"),
            ({"add": ["é" * 241]}, "add[0]"),
            ({"add": [str(i) for i in range(50)], "remove": [str(i) for i in range(41)]}, ""),
        ],
    ),
    ("POST", "/api/v1/schedules"): (
        SCHEDULE,
        [
            ({}, "name"),
            ({**SCHEDULE, "name": ""}, "name"),
            ({**SCHEDULE, "name": "n" * 256}, "name"),
            ({"name": "n", "everySeconds": 60}, "template"),
            ({**SCHEDULE, "everySeconds": 60}, "everySeconds"),
            ({"name": "n", "template": TEMPLATE}, ""),
            ({"name": "n", "template": TEMPLATE, "everySeconds": 59}, "everySeconds"),
            ({"name": "n", "template": TEMPLATE, "everySeconds": 31_536_001}, "everySeconds"),
            ({"name": "n", "template": TEMPLATE, "everySeconds": 60.0}, "everySeconds"),
            ({**SCHEDULE, "cron": "0 3 * *"}, "cron"),
            ({**SCHEDULE, "cron": "0 0 3 * * *"}, "cron"),
            ({**SCHEDULE, "cron": "60 3 * * *"}, "cron"),
            ({**SCHEDULE, "cron": "0 0 30 2 *"}, "cron"),
            ({**SCHEDULE, "cron": 5}, "cron"),
            ({**SCHEDULE, "cron": "*" * 256}, "cron"),
            ({**SCHEDULE, "timeZone": "Mars/Olympus"}, "timeZone"),
            ({**SCHEDULE, "timeZone": "Europe"}, "timeZone"),
            ({**SCHEDULE, "timeZone": "../../etc/passwd"}, "timeZone"),
            ({**SCHEDULE, "timeZone": ""}, "timeZone"),
            ({**SCHEDULE, "overlap": "queue"}, "overlap"),
            ({**SCHEDULE, "catchUp": "all"}, "catchUp"),
            ({**SCHEDULE, "paused": 0}, "paused"),
            ({**SCHEDULE, "template": {"tasks": [NEW_TASK]}}, "template.inputData"),
            ({**SCHEDULE, "template": {"inputData": 1}}, "template.tasks"),
            ({**SCHEDULE, "template": {"inputData": 1, "tasks": []}}, "template.tasks"),
            ({**SCHEDULE, "template": {**TEMPLATE, "resultQueue": "a b"}}, "template.resultQueue"),
            ({**SCHEDULE, "template": {"inputData": 1, "tasks": [NEW_TASK] * 91}}, "template.tasks"),
            (
                {**SCHEDULE, "template": {"inputData": 1, "tasks": [{**NEW_TASK, "dependsOn": ["x"]}]}},
                "template.tasks[0].dependsOn[0]",
            ),
            (
                {
                    **SCHEDULE,
                    "template": {"inputData": 1, "tasks": [{**NEW_TASK, "dependsOn": [MISSING_TASK_ID]}]},
                },
                "template.tasks[0].dependsOn[0]",
            ),
            (
                {
                    **SCHEDULE,
                    "template": {"inputData": 1, "tasks": [{**NEW_TASK, "parentTaskId": MISSING_TASK_ID}]},
                },
                "template.tasks[0].parentTaskId",
            ),
        ],
    ),
    ("PATCH", "/api/v1/schedules/{schedule_id}"): (
        {"name": "other"},
        [
            ({"cron": "0 3 * * *", "everySeconds": 60}, "everySeconds"),
            ({"everySeconds": 1}, "everySeconds"),
            ({"name": ""}, "name"),
            ({"template": {"inputData": 1, "tasks": []}}, "template.tasks"),
            ({"paused": "yes"}, "paused"),
        ],
    ),
}

READS: Final = {
    ("GET", "/health"),
    ("GET", "/openapi.json"),
    ("GET", "/api/v1/config"),
    ("GET", "/api/v1/config/queues"),
    ("GET", "/api/v1/data"),
    ("GET", "/api/v1/runs"),
    ("GET", "/api/v1/runs/{run_id}"),
    ("GET", "/api/v1/runs/{run_id}/data"),
    ("GET", "/api/v1/schedules"),
    ("GET", "/api/v1/schedules/{schedule_id}"),
    ("GET", "/api/v1/tasks"),
    ("GET", "/api/v1/tasks/{task_id}"),
    ("GET", "/api/v1/tasks/{task_id}/dependencies"),
}
COMMANDS: Final = {
    ("DELETE", "/api/v1/runs/{run_id}/data"),
    ("DELETE", "/api/v1/schedules/{schedule_id}"),
    ("POST", "/api/v1/schedules/{schedule_id}/fire"),
    ("POST", "/api/v1/runs/{run_id}/cancel"),
    ("POST", "/api/v1/runs/{run_id}/retry"),
    ("POST", "/api/v1/tasks/{task_id}/cancel"),
    ("POST", "/api/v1/tasks/{task_id}/retry"),
}
"""These take no body."""

NOT_BUILT: Final[list[tuple[str, str, Any, str]]] = [
    ("POST", "/api/v1/runs", {"inputData": 1, "shards": 2}, "shards"),
    ("POST", "/api/v1/runs", {"inputData": 1, "tasks": [{**NEW_TASK, "startBy": 5}]}, "tasks[0].startBy"),
    *(("POST", "/api/v1/tasks", {**TASK_BODY, name: value}, name) for name, value in (("startBy", 5),)),
    ("POST", "/api/v1/tasks/batch", {"tasks": [TASK_BODY, {**TASK_BODY, "startBy": 1}]}, "tasks[1].startBy"),
]

ROUTES: Final = sorted(
    (method, path)
    for path, methods in app.routes.items()
    for method, entry in methods.items()
    if not entry.view_name.startswith(UNLISTED)
)


def url(path: str) -> str:
    return (
        path.replace("{run_id}", MISSING_ID)
        .replace("{task_id}", MISSING_TASK_ID)
        .replace("{data_id}", MISSING_ID)
        .replace("{schedule_id}", MISSING_ID)
    )


def test_every_route_has_its_cases() -> None:
    assert set(ROUTES) == set(BODIES) | READS | COMMANDS


@pytest.mark.parametrize(
    ("method", "path", "body", "named"),
    [(m, p, body, named) for (m, p), (_, wrong) in BODIES.items() for body, named in wrong],
)
def test_a_bad_field_is_400_and_named(api: Api, method: str, path: str, body: Any, named: str) -> None:
    answer = api(method, url(path), body)
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")
    assert named in [detail["path"] for detail in answer.body["details"]]


@pytest.mark.parametrize(("method", "path"), list(BODIES))
@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "{",
        "[]",
        "null",
        '"text"',
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": 1e400}',
        '{"a": ' + "9" * 400 + "}",
        '{"a": "\\ud800"}',
        '{"a": ' + "[" * 101 + "]" * 101 + "}",
        '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}",
        b'{"a": "\xff"}',
        "{'a': 1}",
    ],
    ids=range(15),
)
def test_a_body_that_is_no_json_object_is_400(api: Api, method: str, path: str, raw: str | bytes) -> None:
    answer = api(method, url(path), raw=raw)
    assert (answer.status, answer.body["code"]) == (400, "invalid_json")


@pytest.mark.parametrize(("method", "path"), list(BODIES))
def test_a_body_that_is_not_declared_json_is_415(api: Api, method: str, path: str) -> None:
    answer = api(method, url(path), raw="a=b", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status, answer.body["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(("method", "path"), list(BODIES))
def test_a_body_over_4_mb_is_413_and_names_the_limit(api: Api, method: str, path: str) -> None:
    answer = api(method, url(path), {"inputData": '"' * (2 * 1024 * 1024)})
    assert (answer.status, answer.body["code"]) == (413, "payload_too_large")
    assert "4194304" in answer.body["error"]


@pytest.mark.parametrize(("method", "path", "body", "named"), NOT_BUILT)
def test_what_is_not_built_is_refused_by_name(
    api: Api, method: str, path: str, body: Any, named: str
) -> None:
    answer = api(method, url(path), body)
    assert (answer.status, answer.body["code"]) == (400, "not_available")
    assert [detail["path"] for detail in answer.body["details"]] == [named]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_only_public_routes_answer_without_a_key(api: Api, method: str, path: str) -> None:
    answer = api(method, url(path), headers={"Authorization": None})
    public = path in ("/health", "/openapi.json")
    assert answer.status == (200 if public else 401)


@pytest.mark.parametrize("path", sorted(path for path in app.routes if path not in CATCH_ALL))
def test_a_wrong_method_is_405_and_told_the_right_ones(api: Api, path: str) -> None:
    right = {method for method, of_path in ROUTES if of_path == path} | {"OPTIONS"}
    right |= {"HEAD"} if "GET" in right else set()
    for method in set(METHODS) - right:
        answer = api(method, url(path), {})
        assert answer.status == 405
        assert answer.body is None if method == "HEAD" else answer.body["code"] == "method_not_allowed"
        assert answer.headers["Allow"] == ", ".join(sorted(right))


@pytest.mark.parametrize("path", ["/", "/nope", "/api", "/api/v1", "/api/v2/runs", "/api/v1/runs/x/y/z"])
def test_an_unknown_path_is_404_also_without_a_key(api: Api, path: str) -> None:
    for method in METHODS:
        answer = api(method, path, headers={"Authorization": None})
        assert answer.status == 404
        if method != "HEAD":
            assert (answer.body["error"], answer.body["code"]) == ("Not found", "not_found")


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if "{" in route[1]])
def test_an_id_in_the_path_that_is_unknown_or_malformed_is_404(api: Api, method: str, path: str) -> None:
    body = BODIES[method, path][0] if (method, path) in BODIES else None
    for identifier in (
        MISSING_ID,
        MISSING_TASK_ID,
        "no-uuid",
        "0" * 36,
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
    ):
        concrete = re.sub(r"{\w+}", identifier, path)
        answer = api(method, concrete + ("?key=k" if path.endswith("/data") else ""), body)
        assert (answer.status, answer.body["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("", "key"),
        ("?key=", "key"),
        ("?id=x", "id"),
        (f"?key=a&id={MISSING_ID}", "id"),
        ("?key=a&key=b", "key"),
    ],
)
def test_a_delete_says_what_exactly(api: Api, query: str, named: str) -> None:
    run_id = api("POST", "/api/v1/runs", {"inputData": 1}).body["id"]
    answer = api("DELETE", f"/api/v1/runs/{run_id}/data{query}")
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")
    assert [detail["path"] for detail in answer.body["details"]] == [named]


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/api/v1/runs?limit=0", "limit"),
        ("/api/v1/runs?limit=101", "limit"),
        ("/api/v1/runs?limit=ten", "limit"),
        ("/api/v1/runs?limit=", "limit"),
        ("/api/v1/runs?limit=5&limit=5", "limit"),
        ("/api/v1/runs?limit=" + "9" * 5000, "limit"),
        ("/api/v1/runs?offset=-1", "offset"),
        ("/api/v1/runs?offset=10001", "offset"),
        ("/api/v1/runs?sortOrder=up", "sortOrder"),
        ("/api/v1/runs?sortBy=colour", "sortBy"),
        ("/api/v1/runs?cursor=x&offset=0", "cursor"),
        ("/api/v1/runs?status=done", "status"),
        ("/api/v1/runs?status=", "status"),
        ("/api/v1/runs?sortBy=updated_at", "sortBy"),
        ("/api/v1/tasks?runId=x", "runId"),
        ("/api/v1/tasks?parentTaskId=x", "parentTaskId"),
        ("/api/v1/tasks?status=done", "status"),
        ("/api/v1/tasks?status=failed&status=queued", "status"),
        ("/api/v1/tasks?type=", "type"),
        ("/api/v1/tasks?type=" + "t" * 256, "type"),
        ("/api/v1/tasks?sortBy=started_at", "sortBy"),
        ("/api/v1/tasks?sortBy=updated_at", "sortBy"),
        ("/api/v1/tasks?sortOrder=up", "sortOrder"),
        ("/api/v1/tasks?limit=101", "limit"),
        ("/api/v1/tasks?total=yes", "total"),
        ("/api/v1/tasks?cursor=x&offset=0", "cursor"),
        ("/api/v1/tasks?cursor=x&cursor=y", "cursor"),
        (f"/api/v1/tasks?runId={MISSING_ID}&runId={MISSING_ID}", "runId"),
        ("/api/v1/tasks?runId=", "runId"),
        ("/api/v1/tasks?parentTaskId=", "parentTaskId"),
        ("/api/v1/runs?total=1", "total"),
        ("/api/v1/runs?sortBy=", "sortBy"),
        ("/api/v1/tasks?offset=10001", "offset"),
        (f"/api/v1/runs/{MISSING_ID}/data?key=a&key=b", "key"),
        (f"/api/v1/runs/{MISSING_ID}/data?key=", "key"),
        (f"/api/v1/runs/{MISSING_ID}/data?key=a&includeAll=yes", "includeAll"),
        (f"/api/v1/runs/{MISSING_ID}/data?key=a&limit=1001", "limit"),
        (f"/api/v1/runs/{MISSING_ID}/data?keys=", "keys"),
        (f"/api/v1/runs/{MISSING_ID}/data?keys=&keys=", "keys"),
        (f"/api/v1/runs/{MISSING_ID}/data?keys=a,,b", "keys"),
        (f"/api/v1/runs/{MISSING_ID}/data?tags=" + "t" * 256, "tags"),
        (f"/api/v1/runs/{MISSING_ID}/data?tags=" + "%C3%A9" * 241, "tags"),
        (f"/api/v1/runs/{MISSING_ID}/data?tags=" + ",".join(str(n) for n in range(201)), "tags"),
        (f"/api/v1/runs/{MISSING_ID}/data?keyStartsWith=a%00", "keyStartsWith"),
        (f"/api/v1/runs/{MISSING_ID}/data?tagStartsWith=", "tagStartsWith"),
        (f"/api/v1/runs/{MISSING_ID}/data?keyPattern=", "keyPattern"),
        (f"/api/v1/runs/{MISSING_ID}/data?keyPattern=" + "*" * 513, "keyPattern"),
        (f"/api/v1/runs/{MISSING_ID}/data?keyPattern=a*&keyPattern=b*", "keyPattern"),
        (f"/api/v1/runs/{MISSING_ID}/data?tagMode=none", "tagMode"),
        (f"/api/v1/runs/{MISSING_ID}/data?sortBy=started_at", "sortBy"),
        (f"/api/v1/runs/{MISSING_ID}/data?sortOrder=up", "sortOrder"),
        (f"/api/v1/runs/{MISSING_ID}/data?offset=10001", "offset"),
        (f"/api/v1/runs/{MISSING_ID}/data?cursor=x&offset=5", "cursor"),
        (f"/api/v1/runs/{MISSING_ID}/data?total=maybe", "total"),
        ("/api/v1/data", "key"),
        ("/api/v1/data?limit=5", "key"),
        ("/api/v1/data?key=a&tags=b", "key"),
        ("/api/v1/data?keyStartsWith=a&tagStartsWith=b", "keyStartsWith"),
        ("/api/v1/data?tags=a,b", "tags"),
        ("/api/v1/data?tags=a&tags=b", "tags"),
        ("/api/v1/data?keyStartsWith=a,b", "keyStartsWith"),
        ("/api/v1/data?keys=a", "keys"),
        ("/api/v1/data?key=a&includeAll=true", "includeAll"),
        ("/api/v1/data?key=a&sortBy=key", "sortBy"),
        ("/api/v1/data?key=a&offset=0", "offset"),
        ("/api/v1/data?key=a&limit=0", "limit"),
        ("/api/v1/config/queues?taskQueue=a%20b", "taskQueue"),
        ("/api/v1/config/queues?taskQueue=foreman:results", "resultQueue"),
    ],
)
def test_a_bad_query_parameter_is_400_and_named(api: Api, path: str, named: str) -> None:
    answer = api("GET", path)
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")
    assert [detail["path"] for detail in answer.body["details"]] == [named]
