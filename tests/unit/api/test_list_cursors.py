"""Cursors of lists of runs and tasks: bound to their query and organization, and never a way to break anything."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories import MISSING_ID, MISSING_TASK_ID, Api
from tests.unit.api.data_flows import opened, refusal, sealed
from tests.unit.api.flows import make_run, make_task
from tests.unit.api.list_flows import Listed, move

REFUSED = (400, "invalid_cursor", ["cursor"])


def fill(api: Api) -> tuple[str, str]:
    """Runs and tasks of which every list has more than one; a run and a parent of them."""
    run_ids = [make_run(api)["id"] for _ in range(3)]
    parent = make_task(api, run_ids[0])["id"]
    for run_id in run_ids[:2]:
        for _ in range(3):
            fields = {"parentTaskId": parent} if run_id == run_ids[0] else {}
            move(api, "tasks", make_task(api, run_id, **fields)["id"], "running", "failed")
    for run_id in run_ids[1:]:
        move(api, "runs", run_id, "failed")
    return run_ids[0], parent


def queries(run_id: str, parent: str) -> list[tuple[str, dict[str, str]]]:
    """Lists that differ in one parameter or more."""
    return [
        ("runs", {}),
        ("runs", {"sortOrder": "asc"}),
        ("runs", {"status": "failed"}),
        ("runs", {"sortBy": "completed_at"}),
        ("runs", {"sortBy": "completed_at", "status": "failed"}),
        ("tasks", {}),
        ("tasks", {"sortOrder": "asc"}),
        ("tasks", {"status": "failed"}),
        ("tasks", {"type": "t"}),
        ("tasks", {"runId": run_id}),
        ("tasks", {"runId": run_id, "type": "t"}),
        ("tasks", {"runId": run_id, "status": "failed"}),
        ("tasks", {"runId": run_id, "sortBy": "completed_at"}),
        ("tasks", {"parentTaskId": parent}),
        ("tasks", {"parentTaskId": parent, "type": "t"}),
        ("tasks", {"parentTaskId": parent, "runId": run_id}),
    ]


def cursor_of(api: Api, name: str, params: dict[str, str]) -> str:
    return str(Listed(api, name).page(**params, limit=1)["pagination"]["nextCursor"])


def test_a_cursor_of_another_query_list_or_organization_is_refused(api: Api) -> None:
    run_id, parent = fill(api)
    globex = api.another("globex")
    fill(globex)
    lists = queries(run_id, parent)
    for name, params in lists:
        cursor = cursor_of(api, name, params)
        assert Listed(api, name).get(**params, limit=7, cursor=cursor).status == 200
        for other, differing in lists:
            if (other, differing) != (name, params):
                assert refusal(Listed(api, other).get(**differing, cursor=cursor)) == REFUSED
        if "runId" not in params:
            assert refusal(Listed(globex, name).get(**params, cursor=cursor)) == REFUSED


def test_a_cursor_may_change_its_limit_and_the_spelling_of_its_ids(api: Api) -> None:
    run_id, _ = fill(api)
    cursor = cursor_of(api, "tasks", {"runId": run_id})
    page = Listed(api, "tasks").page(runId=run_id.upper(), limit=100, cursor=cursor)
    assert len(page["data"]) == 3


def forged(parts: list[Any], others: list[str]) -> Iterator[list[Any]]:
    """The inside of a cursor, broken in every place."""
    odd: list[Any] = [None, True, -1, 1.5, 1 << 48, 10**15, 10**30, "", "x", "\ud800", [], {}, [[]], *others]
    for at in range(1, len(parts)):
        for value in odd:
            yield [*parts[:at], value, *parts[at + 1 :]]
    for total in ([1, 2], [-1, True], [10**30, False], [1], [1, True, 3]):
        yield [*parts[:3], total, *parts[4:]]
    yield from ([], parts[:1], parts[:4], [*parts, "more"], [*parts[:4], 10_001], [*parts[:4], 10_000])


def test_a_forged_cursor_is_a_place_or_a_400(api: Api) -> None:
    run_id, parent = fill(api)
    others = [
        MISSING_ID,
        MISSING_TASK_ID,
        run_id,
        parent,
        parent.upper(),
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
    ]
    for name, params in queries(run_id, parent):
        parts = opened(cursor_of(api, name, params))
        for each in forged(parts, others):
            answer = Listed(api, name).get(**params, cursor=sealed(each))
            assert answer.status == 200 or refusal(answer) == REFUSED, each
        missing = sealed([*parts[:2], MISSING_TASK_ID, *parts[3:]])
        if {"runId", "parentTaskId"} & set(params):
            assert refusal(Listed(api, name).get(**params, cursor=missing)) == REFUSED


@pytest.mark.parametrize("name", ["runs", "tasks"])
@pytest.mark.parametrize(
    "cursor", ["", "=", "a", "é", "W10", "\x00", "A" * 5001, "bnVsbA", "MQ", "IiI", "+/+/"]
)
def test_a_broken_cursor_is_400(api: Api, name: str, cursor: str) -> None:
    assert refusal(Listed(api, name).get(cursor=cursor)) == REFUSED


def test_a_cursor_that_passes_over_more_than_ten_thousand_is_refused(api: Api) -> None:
    fill(api)
    parts = opened(cursor_of(api, "tasks", {"type": "t"}))
    for skip, status in ((0, 200), (10_000, 200), (10_001, 400), (10**18, 400)):
        answer = Listed(api, "tasks").get(type="t", cursor=sealed([*parts[:4], skip]))
        assert answer.status == status
