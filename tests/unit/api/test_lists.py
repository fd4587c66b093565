"""Lists of runs and tasks: what each parameter does, alone and with others."""

import json
from typing import Any

import pytest

from foreman_contract import limits
from foreman_contract.enums import RunStatus, TaskStatus
from foreman_engine.memory.clock import ManualClock
from tests.factories import MISSING_ID, MISSING_TASK_ID, Api
from tests.unit.api.data_flows import refusal
from tests.unit.api.flows import make_run, make_task
from tests.unit.api.list_flows import Family, Listed, family, move

SORTS = ("created_at", "started_at", "completed_at")
MOVES: list[list[str]] = [
    [],
    ["running"],
    ["running", "completed"],
    ["failed"],
    ["cancelled"],
    ["running", "failed"],
]


@pytest.fixture
def runs(api: Api) -> Listed:
    return Listed(api, "runs")


@pytest.fixture
def tasks(api: Api) -> Listed:
    return Listed(api, "tasks")


@pytest.fixture
def kin(api: Api) -> Family:
    return family(api)


def by_hand(rows: list[dict[str, Any]], sort: str, order: str, **wanted: str) -> list[str]:
    """The ids of a list, filtered and sorted by hand."""
    field = {"created_at": "createdAt", "started_at": "startedAt", "completed_at": "completedAt"}[sort]
    found = [row for row in rows if field in row and all(row.get(n) == v for n, v in wanted.items())]
    found.sort(key=lambda row: (row[field], row["id"]), reverse=order == "desc")
    return [row["id"] for row in found]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_runs_are_listed_by_status_and_each_of_their_times(
    runs: Listed, clock: ManualClock, sort: str, order: str
) -> None:
    made = [make_run(runs.api)["id"] for _ in range(12)]
    for number, run_id in enumerate(reversed(made)):
        clock.advance(number % 2)
        move(runs.api, "runs", run_id, *MOVES[number % len(MOVES)])
    rows = [runs.api("GET", f"/api/v1/runs/{run_id}").body for run_id in made]
    for status in (None, *RunStatus):
        chosen = {"status": status.value} if status else {}
        wanted = by_hand(rows, sort, order, **chosen)
        for limit in (1, 5, 100):
            params = {"sortBy": sort, "sortOrder": order, "limit": limit, **chosen}
            assert runs.ids(**params) == wanted
            assert {page["pagination"]["total"] for page in runs.walk(**params)} == {len(wanted)}
            assert runs.ids(**params, offset=2) == wanted[2:]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_tasks_of_a_run_are_listed_by_every_filter_and_time(
    tasks: Listed, kin: Family, sort: str, order: str
) -> None:
    rows = [
        tasks.api("GET", f"/api/v1/tasks/{each}").body for each in (*kin.task_ids.values(), *kin.child_ids)
    ]
    filters: list[dict[str, str]] = [
        {},
        *({"status": status.value} for status in TaskStatus),
        {"type": "c"},
        {"type": "c", "status": "failed"},
        {"type": "c", "status": "cancelled"},
        {"parentTaskId": kin.task_ids["queued"]},
        {"parentTaskId": kin.task_ids["queued"], "type": "x"},
        {"parentTaskId": kin.task_ids["queued"], "status": "queued", "type": "y"},
        {"parentTaskId": kin.child_ids[0]},
    ]
    for each in filters:
        wanted = by_hand(rows, sort, order, **each)
        params = {**each, "runId": kin.run_id, "sortBy": sort, "sortOrder": order}
        assert tasks.ids(**params, limit=2) == wanted
        assert tasks.page(**params)["pagination"]["total"] == len(wanted)
        assert tasks.ids(**params, limit=2, offset=1) == wanted[1:]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_without_a_run_the_tasks_of_the_whole_organization_are_listed(
    tasks: Listed, kin: Family, order: str
) -> None:
    every = [*kin.task_ids.values(), *kin.child_ids, kin.other_task_id]
    rows = [tasks.api("GET", f"/api/v1/tasks/{each}").body for each in every]
    filters: list[dict[str, str]] = [{}, *({"status": status.value} for status in TaskStatus), {"type": "q"}]
    filters += [{"parentTaskId": kin.task_ids["queued"]}, {"type": "f", "status": "failed"}]
    for each in filters:
        wanted = by_hand(rows, "created_at", order, **each)
        assert tasks.ids(**each, sortOrder=order, limit=2) == wanted
        assert tasks.page(**each)["pagination"]["total"] == len(wanted)


def test_a_parent_of_another_run_or_organization_or_of_none_has_no_children(
    tasks: Listed, kin: Family
) -> None:
    parent = kin.task_ids["queued"]
    nobody = {"data": [], "pagination": {"limit": 20, "offset": 0, "total": 0}}
    for sort in SORTS:
        assert tasks.page(runId=kin.other_run_id, parentTaskId=parent, sortBy=sort) == nobody
    for each in (MISSING_TASK_ID, MISSING_ID, kin.run_id, "ffffffff-ffff-ffff-ffff-ffffffffffff"):
        assert tasks.page(parentTaskId=each) == tasks.page(runId=kin.run_id, parentTaskId=each) == nobody
    assert Listed(tasks.api.another("globex"), "tasks").page(parentTaskId=parent) == nobody
    assert len(tasks.page(parentTaskId=parent.upper())["data"]) == 2


def test_tasks_of_an_unknown_run_are_404(tasks: Listed) -> None:
    for run_id in (MISSING_ID, MISSING_TASK_ID, "ffffffff-ffff-ffff-ffff-ffffffffffff"):
        assert refusal(tasks.get(runId=run_id)) == (404, "not_found", [])


@pytest.mark.parametrize("sort", ["started_at", "completed_at"])
def test_tasks_are_sorted_by_another_time_only_in_a_run_that_is_not_too_big(
    tasks: Listed, kin: Family, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refusal(tasks.get(sortBy=sort)) == (400, "invalid_request", ["sortBy"])
    parent = kin.task_ids["queued"]
    assert refusal(tasks.get(sortBy=sort, parentTaskId=parent)) == (400, "invalid_request", ["sortBy"])
    monkeypatch.setattr(limits, "MAX_SORTED_MATCHES", 9)
    assert tasks.get(runId=kin.run_id, sortBy=sort).status == 200
    monkeypatch.setattr(limits, "MAX_SORTED_MATCHES", 8)
    assert refusal(tasks.get(runId=kin.run_id, sortBy=sort)) == (400, "query_too_broad", ["sortBy"])
    assert tasks.get(runId=kin.run_id).status == 200


def test_a_page_tells_its_limit_and_offset_and_counts_only_when_asked(runs: Listed) -> None:
    for _ in range(5):
        make_run(runs.api)
    assert runs.page()["pagination"] == {"limit": 20, "offset": 0, "total": 5}
    first = runs.page(limit=2, offset=1)["pagination"]
    assert (first["limit"], first["offset"], first["total"]) == (2, 1, 5)
    assert runs.page(offset=10_000)["pagination"] == {"limit": 20, "offset": 10_000, "total": 5}
    make_run(runs.api)
    after = runs.page(limit=2, cursor=first["nextCursor"])["pagination"]
    assert (after["offset"], after["total"]) == (0, 5)
    assert "total" not in runs.page(total="false")["pagination"]
    uncounted = runs.page(limit=2, total="false")["pagination"]["nextCursor"]
    assert "total" not in runs.page(limit=2, cursor=uncounted, total="true")["pagination"]


def test_a_filter_without_an_index_reads_on_in_bounded_steps(
    tasks: Listed, kin: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_FILTERED_ROWS", 3)
    for params in ({"type": "q"}, {"status": "running"}, {"runId": kin.run_id, "type": "x"}):
        pages = tasks.walk(**params, sortOrder="desc")
        assert len(pages) >= 3
        assert [len(page["data"]) for page in pages].count(0) >= 1
        assert sum(len(page["data"]) for page in pages) == len({*tasks.ids(**params)}) > 0
        assert {page["pagination"].get("totalIsLowerBound") for page in pages} == {True}
        assert tasks.ids(**params, offset=1) == tasks.ids(**params)[1:]


def test_more_than_ten_thousand_rows_are_told_as_a_lower_bound(
    tasks: Listed, kin: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = {
        "org": ({}, 10),
        "run": ({"runId": kin.run_id}, 9),
        "failed": ({"status": "failed"}, 1),
        "parent": ({"parentTaskId": kin.task_ids["queued"]}, 2),
    }
    for params, count in counts.values():
        for limit in (1, count, 100):
            monkeypatch.setattr(limits, "MAX_COUNTED_ROWS", count)
            pagination = tasks.page(**params, limit=limit)["pagination"]
            assert (pagination["total"], "totalIsLowerBound" in pagination) == (count, False)
            monkeypatch.setattr(limits, "MAX_COUNTED_ROWS", count - 1)
            pagination = tasks.page(**params, limit=limit)["pagination"]
            assert (pagination["total"], pagination["totalIsLowerBound"]) == (count - 1, True)


@pytest.mark.parametrize("name", ["runs", "tasks"])
def test_a_page_over_4_mb_ends_early_and_nothing_is_lost(api: Api, name: str) -> None:
    run_id, big = make_run(api)["id"], "x" * 60_000
    for _ in range(75):
        make_run(api, inputData=big) if name == "runs" else make_task(api, run_id, inputData=big)
    listed = Listed(api, name)
    filters: list[dict[str, str]] = [{}, {"status": "pending"}]
    if name == "tasks":
        filters = [{}, {"status": "queued"}, {"runId": run_id}, {"runId": run_id, "type": "t"}]
    for each in filters:
        pages = listed.walk(**each, limit=100)
        assert len(pages) == 2
        assert all(len(json.dumps(page)) <= limits.MAX_ANSWER_BYTES for page in pages)
        ids = [row["id"] for page in pages for row in page["data"]]
        assert len(ids) == len(set(ids)) == 75 + (name == "runs")
        assert {page["pagination"]["total"] for page in pages} == {len(ids)}


def test_payloads_over_64_kb_are_left_out_and_marked(api: Api) -> None:
    fits, over = "x" * (limits.MAX_LISTED_PAYLOAD_BYTES - 4), "x" * limits.MAX_LISTED_PAYLOAD_BYTES
    run_id = make_run(api, inputData=fits)["id"]
    make_task(api, run_id, inputData=over, enqueue=False)
    outcome = {"status": "failed", "outputData": over, "errorData": over}
    task_id = Listed(api, "tasks").ids()[0]
    for kind, row_id in (("tasks", task_id), ("runs", run_id)):
        assert api("PATCH", f"/api/v1/{kind}/{row_id}", outcome).status == 200
        [row] = Listed(api, kind).page()["data"]
        assert (row["outputDataOmitted"], row["errorDataOmitted"]) == (True, True)
        assert not {"outputData", "errorData"} & set(row)
        assert (row.get("inputData"), row.get("inputDataOmitted")) == (
            (fits, None) if kind == "runs" else (None, True)
        )
        whole = api("GET", f"/api/v1/{kind}/{row_id}").body
        assert (whole["outputData"], "outputDataOmitted" in whole) == (over, False)
