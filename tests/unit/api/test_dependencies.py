"""`GET /api/v1/tasks/{id}/dependencies`: contract section 6."""

from typing import Any

import pytest

from tests.factories import MISSING_ID, MISSING_TASK_ID, Api
from tests.unit.api.flows import fail, finish, make_graph, make_run, make_task

MIB = 1024 * 1024


def dependencies(api: Api, task_id: str) -> list[dict[str, Any]]:
    answer = api("GET", f"/api/v1/tasks/{task_id}/dependencies")
    assert answer.status == 200, answer
    assert list(answer.body) == ["data"]
    return list(answer.body["data"])


def joined(api: Api, count: int) -> tuple[list[str], str]:
    """The ids of some tasks, and of one that depends on all of them in reverse."""
    refs = [f"d{n}" for n in range(count)]
    tasks: list[dict[str, Any]] = [{"ref": ref, "type": f"t-{ref}"} for ref in refs]
    run = make_graph(api, [*tasks, {"ref": "end", "dependsOn": refs[::-1]}])
    return [run["taskIds"][ref] for ref in refs], run["taskIds"]["end"]


def test_they_come_in_the_order_of_depends_on_with_type_status_and_output(api: Api) -> None:
    ids, end = joined(api, 4)
    finish(api, ids[0], outputData={"n": [0]})
    finish(api, ids[1], outputData=None)
    finish(api, ids[2])
    assert dependencies(api, end) == [
        {"id": ids[3], "type": "t-d3", "status": "queued"},
        {"id": ids[2], "type": "t-d2", "status": "completed"},
        {"id": ids[1], "type": "t-d1", "status": "completed", "outputData": None},
        {"id": ids[0], "type": "t-d0", "status": "completed", "outputData": {"n": [0]}},
    ]


def test_a_dependency_that_failed_is_there_too(api: Api) -> None:
    ids, end = joined(api, 1)
    fail(api, ids[0])
    assert dependencies(api, end) == [{"id": ids[0], "type": "t-d0", "status": "failed"}]


def test_a_task_that_depends_on_nothing_has_none(api: Api) -> None:
    task = make_task(api, make_run(api)["id"])
    assert dependencies(api, task["id"]) == []


@pytest.mark.parametrize("size", [64 * 1024 + 1, MIB - 4])
def test_outputs_are_whole_whatever_their_size(api: Api, size: int) -> None:
    ids, end = joined(api, 2)
    finish(api, ids[0], outputData="x" * size)
    finish(api, ids[1], outputData="y" * size)
    assert [len(each["outputData"]) for each in dependencies(api, end)] == [size, size]


def test_what_has_no_room_in_four_megabytes_is_left_out_and_marked(api: Api) -> None:
    ids, end = joined(api, 6)
    for task_id in ids[1:]:
        finish(api, task_id, outputData="x" * (MIB - 4))
    finish(api, ids[0], outputData="small")
    found = dependencies(api, end)
    assert [each["id"] for each in found] == ids[::-1]
    assert ["outputData" in each for each in found] == [True, True, True, False, False, True]
    assert [each.get("outputDataOmitted") for each in found] == [None, None, None, True, True, None]
    assert found[-1]["outputData"] == "small"
    assert api("GET", f"/api/v1/tasks/{found[3]['id']}").body["outputData"] == "x" * (MIB - 4)


@pytest.mark.parametrize("task_id", ["nope", MISSING_ID, MISSING_TASK_ID])
def test_an_unknown_task_is_404(api: Api, task_id: str) -> None:
    answer = api("GET", f"/api/v1/tasks/{task_id}/dependencies")
    assert (answer.status, answer.body["code"]) == (404, "not_found")


def test_another_organizations_task_is_404(api: Api) -> None:
    _, end = joined(api, 1)
    assert api.another("globex")("GET", f"/api/v1/tasks/{end}/dependencies").status == 404
