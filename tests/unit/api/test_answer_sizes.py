"""The largest answers that the contract allows pass through Lambda, whose limit counts the body escaped once more."""

from typing import Any, Final

import pytest

from foreman_contract import limits
from foreman_engine.domain.payload import compact, escaped_bytes
from tests.factories import Api
from tests.unit.api.flows import claim, make_run, make_task, report

LAMBDA_BYTES: Final = 6 * limits.MIB
"""Source: Lambda quotas, invocation payload of a synchronous answer."""
BESIDE_BODY_BYTES: Final = 10_000
ALSO_IN_DATA: Final = {"key": "k" * 255, "tags": [f"{n:02}" + "t" * 253 for n in range(50)]}


def quotes(size: int) -> str:
    """A payload of exactly so many escaped bytes that is as long as it may be once it is escaped."""
    text = '"' * ((size - 4) // 4)
    assert size - 4 < escaped_bytes(compact(text)) <= size
    return text


LARGEST: Final = quotes(limits.MAX_PAYLOAD_BYTES)
METADATA: Final = {"m": quotes(limits.MAX_METADATA_BYTES - 20)}
LISTED: Final = quotes(limits.MAX_LISTED_PAYLOAD_BYTES)


def passes(body: Any) -> bool:
    return escaped_bytes(compact(body)) + BESIDE_BODY_BYTES < LAMBDA_BYTES


@pytest.fixture
def full_run(api: Api) -> str:
    """The id of a run that is as large as a run may be, with an entry and a task."""
    run_id: str = make_run(api, inputData=LARGEST, metadata=METADATA)["id"]
    api("PATCH", f"/api/v1/runs/{run_id}", {"outputData": LARGEST, "errorData": LARGEST})
    return run_id


def test_a_run(api: Api, full_run: str) -> None:
    got = api("GET", f"/api/v1/runs/{full_run}")
    assert got.body["errorData"] == LARGEST
    assert passes(got.body)


def test_a_task(api: Api, full_run: str) -> None:
    task = make_task(api, full_run, inputData=LARGEST, metadata=METADATA)["id"]
    patch = {"outputData": LARGEST, "errorData": LARGEST, "progress": quotes(limits.MAX_PROGRESS_BYTES)}
    patched = api("PATCH", f"/api/v1/tasks/{task}", patch)
    assert patched.status == 200
    assert passes(patched.body)


def test_a_batch(api: Api, full_run: str) -> None:
    value = quotes(limits.MAX_BODY_BYTES // 90 - 200)
    new = {"runId": full_run, "type": "t", "inputData": value, "enqueue": True}
    created = api("POST", "/api/v1/tasks/batch", {"tasks": [new] * 90})
    assert created.status == 201
    assert passes(created.body)


def test_a_batch_that_is_asked_for_again_once_its_tasks_have_outputs(api: Api, full_run: str) -> None:
    key = {"Idempotency-Key": "again"}
    batch = {"tasks": [{"runId": full_run, "type": "t", "inputData": quotes(300_000)}] * 10}
    made = api("POST", "/api/v1/tasks/batch", batch, headers=key).body["data"]
    assert api("POST", "/api/v1/tasks/batch", batch, headers=key).body["data"] == made
    for task in made[1:]:
        patch = {"status": "failed", "outputData": quotes(400_000), "errorData": LARGEST}
        api("PATCH", f"/api/v1/tasks/{task['id']}", patch)
    api("PATCH", f"/api/v1/tasks/{made[0]['id']}", {"errorData": 1})
    again = api("POST", "/api/v1/tasks/batch", batch, headers=key)
    assert again.status == 200
    assert passes(again.body)
    rows = again.body["data"]
    assert [row["inputData"] for row in rows] == [task["inputData"] for task in made]
    assert rows[0]["errorData"] == 1
    assert ["outputData" in row for row in rows] == [False, True, True] + 7 * [False]
    assert ["outputDataOmitted" in row for row in rows] == 3 * [False] + 7 * [True]
    assert ["errorDataOmitted" in row for row in rows] == [False] + 9 * [True]


def test_a_claim(api: Api, full_run: str) -> None:
    ids = [make_task(api, full_run, inputData=LARGEST, metadata=METADATA)["id"] for _ in range(10)]
    results = claim(api, *ids)
    assert [result["outcome"] for result in results].count("claimed") >= 3
    assert passes({"results": results})


def test_lists(api: Api) -> None:
    fields = {"inputData": LISTED, "metadata": METADATA}
    run_id = [make_run(api, **fields)["id"] for _ in range(100)][-1]
    for _ in range(100):
        make_task(api, run_id, **fields)
    for path in ("/api/v1/runs", "/api/v1/tasks", f"/api/v1/tasks?runId={run_id}&status=queued"):
        page = api("GET", f"{path}{'&' if '?' in path else '?'}limit=100").body
        assert "inputDataOmitted" not in page["data"][0]
        assert "nextCursor" in page["pagination"]
        assert passes(page)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (LARGEST, f"/api/v1/runs/{{run_id}}/data?includeAll=true&limit=1000&key={'k' * 255}"),
        (LISTED, "/api/v1/runs/{run_id}/data?includeAll=true&limit=1000"),
        (LISTED, "/api/v1/data?limit=1000&keyStartsWith=k"),
    ],
    ids=["one key", "many keys", "across runs"],
)
def test_run_data(api: Api, value: str, path: str) -> None:
    run_id = make_run(api)["id"]
    entry = {"taskId": make_task(api, run_id)["id"], "value": value, "metadata": METADATA, **ALSO_IN_DATA}
    for _ in range(8 if value is LARGEST else 80):
        assert api("POST", f"/api/v1/runs/{run_id}/data", entry).status == 201
    page = api("GET", path.format(run_id=run_id)).body
    assert "valueOmitted" not in page["data"][0]
    assert "nextCursor" in page["pagination"]
    assert passes(page)


def test_dependencies(api: Api) -> None:
    run_id = make_run(api)["id"]
    needed = [make_task(api, run_id)["id"] for _ in range(6)]
    for task_id in needed:
        attempt = claim(api, task_id, claim_id=task_id)["task"]["attempt"]
        report(api, task_id, attempt, outputData=LARGEST)
    task = make_task(api, run_id, dependsOn=needed)["id"]
    found = api("GET", f"/api/v1/tasks/{task}/dependencies").body
    assert any("outputDataOmitted" in row for row in found["data"])
    assert passes(found)
