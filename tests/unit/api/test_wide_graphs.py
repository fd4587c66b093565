"""Joins of many tasks, ended in any order, and tasks that many depend on."""

import random
from typing import Any

import pytest

from tests.factories import Api
from tests.unit.api.flows import (
    claim,
    fail,
    finish,
    get_run,
    get_task,
    make_graph,
    make_run,
    make_task,
    make_tasks,
    messages,
    work,
)

WIDE = 16
ORDERS = {
    "forwards": list(range(WIDE)),
    "backwards": list(range(WIDE))[::-1],
    "shuffled": random.Random(1).sample(range(WIDE), WIDE),
}


def joined(api: Api, **fields: Any) -> tuple[dict[str, Any], list[str], str]:
    """A run, the ids of many tasks, and the id of one behind all of them."""
    refs = [str(n) for n in range(WIDE)]
    end = {"ref": "end", "dependsOn": refs, **fields}
    run = make_graph(api, [*({"ref": ref} for ref in refs), end])
    return run, [run["taskIds"][ref] for ref in refs], run["taskIds"]["end"]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("fan_in", "needed"), [("all", WIDE), ("any", 1), *(({"atLeast": n}, n) for n in (2, 8, 13, 15))]
)
def test_a_wide_join_is_released_by_the_end_that_it_needs(
    api: Api, order: str, fan_in: Any, needed: int
) -> None:
    _, ids, end = joined(api, fanIn=fan_in)
    for count, at in enumerate(ORDERS[order], 1):
        finish(api, ids[at])
        assert get_task(api, end)["status"] == ("queued" if count >= needed else "pending")
    assert sum(message["taskId"] == end for message in messages(api)) == 1


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("fan_in", "failures"), [("all", 1), ("any", WIDE), ({"atLeast": 10}, 7)])
def test_a_wide_join_is_cancelled_by_the_failure_that_dooms_it(
    api: Api, order: str, fan_in: Any, failures: int
) -> None:
    run, ids, end = joined(api, fanIn=fan_in)
    for count, at in enumerate(ORDERS[order][:failures], 1):
        fail(api, ids[at])
        assert get_task(api, end)["status"] == ("cancelled" if count >= failures else "pending")
    for at in ORDERS[order][failures:]:
        finish(api, ids[at])
    assert get_run(api, run["id"])["status"] == "failed"


def test_ends_that_are_reported_together_release_what_joins_them(api: Api) -> None:
    run, ids, end = joined(api)
    for start in range(0, WIDE, 8):
        part = ids[start : start + 8]
        claim(api, *part, claim_id=f"c{start}")
        results = [{"id": each, "attempt": 1, "status": "completed"} for each in part]
        answer = api("POST", "/api/v1/tasks/report", {"workerId": "w1", "results": results})
        assert {each["outcome"] for each in answer.body["results"]} == {"recorded"}
    assert get_task(api, end)["status"] == "queued"
    finish(api, end)
    assert get_run(api, run["id"])["status"] == "completed"


def test_a_failure_among_ends_that_are_reported_together_dooms_what_joins_them(api: Api) -> None:
    _, ids, end = joined(api)
    part = ids[:10]
    claim(api, *part)
    results = [{"id": each, "attempt": 1, "status": "completed"} for each in part]
    results[4] |= {"status": "failed", "retryable": False}
    api("POST", "/api/v1/tasks/report", {"workerId": "w1", "results": results})
    task = get_task(api, end)
    assert (task["status"], task["errorData"]["taskId"]) == ("cancelled", part[4])


def test_a_report_of_many_parents_releases_all_their_children_before_its_answer(api: Api) -> None:
    parents = [{"ref": f"p{n}"} for n in range(20)]
    children = [{"ref": f"c{n}", "dependsOn": [f"p{n}"]} for n in range(20)]
    run = make_graph(api, [*parents, *children])
    ids = [run["taskIds"][f"p{n}"] for n in range(20)]
    claim(api, *ids[:10], claim_id="a")
    claim(api, *ids[10:], claim_id="b")
    results = [{"id": each, "attempt": 1, "status": "completed"} for each in ids]
    api("POST", "/api/v1/tasks/report", {"workerId": "w1", "results": results})
    assert {get_task(api, run["taskIds"][f"c{n}"])["status"] for n in range(20)} == {"queued"}


def test_more_dependants_than_one_request_releases_are_released_by_the_work_queue(api: Api) -> None:
    run_id = make_run(api, autoComplete=True)["id"]
    root = make_task(api, run_id)
    child = {"runId": run_id, "type": "t", "inputData": 1, "enqueue": True, "dependsOn": [root["id"]]}
    ids = make_tasks(api, child, 6 * 90)
    finish(api, root["id"])
    released = sum(get_task(api, each)["status"] == "queued" for each in ids)
    assert 0 < released < len(ids)
    work(api)
    assert {get_task(api, each)["status"] for each in ids} == {"queued"}
    sent = [message["taskId"] for message in messages(api)]
    assert {sent.count(each) for each in ids} == {1}
