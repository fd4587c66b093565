"""Graphs over HTTP: contract section 6."""

from typing import Any

import pytest

from foreman_engine.memory.clock import ManualClock
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
    messages,
    statuses,
    work,
)


def test_a_diamond_runs_from_its_root_to_its_end(api: Api, diamond: dict[str, Any]) -> None:
    ids = diamond["taskIds"]
    assert (diamond["totalTasks"], diamond["autoComplete"], diamond["status"]) == (4, True, "pending")
    assert statuses(api, diamond) == {
        "first": "queued",
        "left": "pending",
        "right": "pending",
        "last": "pending",
    }
    finish(api, ids["first"])
    assert statuses(api, diamond) == {
        "first": "completed",
        "left": "queued",
        "right": "queued",
        "last": "pending",
    }
    finish(api, ids["right"])
    assert statuses(api, diamond)["last"] == "pending"
    finish(api, ids["left"])
    assert statuses(api, diamond)["last"] == "queued"
    finish(api, ids["last"])
    assert get_run(api, diamond["id"])["status"] == "completed"


def test_what_depends_on_a_failure_is_cancelled_and_names_the_first_cause(
    api: Api, diamond: dict[str, Any]
) -> None:
    ids = diamond["taskIds"]
    finish(api, ids["first"])
    finish(api, ids["left"], "failed", retryable=False, errorData={"why": 1})
    last = get_task(api, ids["last"])
    assert last["status"] == "cancelled"
    assert (last["errorData"]["code"], last["errorData"]["taskId"]) == ("dependency_failed", ids["left"])
    finish(api, ids["right"])
    run = get_run(api, diamond["id"])
    assert (run["status"], run["completedTasks"], run["failedTasks"], run["cancelledTasks"]) == (
        "failed",
        2,
        1,
        1,
    )


def test_a_task_that_is_added_behind_a_failure_is_cancelled_at_once(api: Api) -> None:
    run = make_run(api)
    first = api(
        "POST", "/api/v1/tasks", {"runId": run["id"], "type": "t", "inputData": 1, "enqueue": True}
    ).body
    finish(api, first["id"], "failed", retryable=False)
    behind = {"runId": run["id"], "type": "t", "inputData": 1, "enqueue": True, "dependsOn": [first["id"]]}
    answer = api("POST", "/api/v1/tasks", behind)
    assert (answer.status, answer.body["status"]) == (201, "cancelled")
    assert answer.body["errorData"]["taskId"] == first["id"]


def counts(run: dict[str, Any]) -> list[int]:
    """Pending, completed, failed, cancelled."""
    return [run[f"{kind}Tasks"] for kind in ("pending", "completed", "failed", "cancelled")]


def sent(api: Api, task_id: str) -> int:
    """How many messages there were for a task; nothing takes them off here."""
    return sum(message["taskId"] == task_id for message in messages(api))


def fan(fan_in: Any = None, size: int = 4, **fields: Any) -> list[dict[str, Any]]:
    """Tasks `0` to `size - 1`, and `end` behind all of them."""
    names = [str(n) for n in range(size)]
    end = {"ref": "end", "dependsOn": names, **({} if fan_in is None else {"fanIn": fan_in})}
    return [*({"ref": name, **fields} for name in names), end]


def test_only_roots_have_messages_and_the_others_get_one_when_they_are_released(
    api: Api, diamond: dict[str, Any]
) -> None:
    ids = diamond["taskIds"]
    assert [message["taskId"] for message in messages(api)] == [ids["first"]]
    finish(api, ids["first"])
    finish(api, ids["left"])
    assert sent(api, ids["last"]) == 0
    finish(api, ids["right"])
    assert [sent(api, ids[ref]) for ref in ("first", "left", "right", "last")] == [1, 1, 1, 1]


def test_a_task_that_waits_is_blocked_and_its_message_deleted(api: Api, diamond: dict[str, Any]) -> None:
    waiting = diamond["taskIds"]["left"]
    assert claim(api, waiting) == {"id": waiting, "outcome": "blocked", "message": "delete"}
    assert get_task(api, waiting)["attempt"] == 0
    finish(api, diamond["taskIds"]["first"])
    assert claim(api, waiting, claim_id="c2")["outcome"] == "claimed"


@pytest.mark.parametrize(
    ("fan_in", "needed"), [(None, 4), ("all", 4), ("any", 1), ({"atLeast": 3}, 3), ({"atLeast": 4}, 4)]
)
def test_so_many_must_complete_and_the_task_is_released_once(api: Api, fan_in: Any, needed: int) -> None:
    run = make_graph(api, fan(fan_in))
    ids = run["taskIds"]
    seen = []
    for ref in "3120":
        finish(api, ids[ref])
        seen.append(get_task(api, ids["end"])["status"])
    assert seen == ["pending"] * (needed - 1) + ["queued"] * (5 - needed)
    assert sent(api, ids["end"]) == 1
    finish(api, ids["end"])
    assert get_run(api, run["id"])["status"] == "completed"


@pytest.mark.parametrize(
    ("fan_in", "failures"), [(None, 1), ("any", 4), ({"atLeast": 3}, 2), ({"atLeast": 1}, 4)]
)
def test_a_task_is_cancelled_by_the_failure_that_makes_it_impossible(
    api: Api, clock: ManualClock, fan_in: Any, failures: int
) -> None:
    run = make_graph(api, fan(fan_in))
    ids = run["taskIds"]
    seen = []
    for ref in "2031":
        clock.advance(1)
        fail(api, ids[ref])
        seen.append(get_task(api, ids["end"])["status"])
    assert seen == ["pending"] * (failures - 1) + ["cancelled"] * (5 - failures)
    end = get_task(api, ids["end"])
    assert end["errorData"] == {
        "code": "dependency_failed",
        "taskId": ids["2"],
        "message": f"The task can never start: {ids['2']}, on which it depends, failed.",
    }
    assert sent(api, ids["end"]) == 0
    assert counts(get_run(api, run["id"])) == [0, 0, 4, 1]


def test_a_task_that_was_released_is_not_cancelled_by_a_later_failure(api: Api) -> None:
    run = make_graph(api, fan("any"))
    ids = run["taskIds"]
    finish(api, ids["0"])
    for ref in "123":
        fail(api, ids[ref])
    assert get_task(api, ids["end"])["status"] == "queued"
    finish(api, ids["end"])
    assert counts(get_run(api, run["id"])) == [0, 2, 3, 0]


def test_a_failure_that_is_allowed_lets_dependants_go_on_and_the_run_complete(api: Api) -> None:
    run = make_graph(api, fan(size=2, allowFailure=True))
    ids = run["taskIds"]
    fail(api, ids["0"])
    assert get_task(api, ids["end"])["status"] == "pending"
    fail(api, ids["1"])
    assert get_task(api, ids["end"])["status"] == "queued"
    finish(api, ids["end"])
    run = get_run(api, run["id"])
    assert (run["status"], *counts(run)) == ("completed", 0, 1, 2, 0)


def test_a_failure_that_is_not_allowed_counts_beside_one_that_is(api: Api) -> None:
    tasks: list[dict[str, Any]] = [
        {"ref": "a", "allowFailure": True},
        {"ref": "b"},
        {"dependsOn": ["a"], "ref": "c"},
    ]
    run = make_graph(api, tasks)
    fail(api, run["taskIds"]["a"])
    fail(api, run["taskIds"]["b"])
    finish(api, run["taskIds"]["c"])
    assert get_run(api, run["id"])["status"] == "failed"


def test_a_failed_attempt_with_retries_left_is_no_failure_yet(api: Api) -> None:
    run = make_graph(api, [{"ref": "a"}, {"ref": "b", "dependsOn": ["a"]}])
    ids = run["taskIds"]
    finish(api, ids["a"], "failed", retryDelaySeconds=0)
    assert statuses(api, run) == {"a": "retrying", "b": "pending"}
    finish(api, ids["a"])
    assert statuses(api, run) == {"a": "completed", "b": "queued"}


def test_a_cancelled_dependency_is_not_excused_by_allow_failure(api: Api) -> None:
    run = make_graph(api, [{"ref": "a", "allowFailure": True}, {"ref": "b", "dependsOn": ["a"]}])
    api("POST", f"/api/v1/tasks/{run['taskIds']['a']}/cancel")
    assert statuses(api, run) == {"a": "cancelled", "b": "cancelled"}
    assert get_run(api, run["id"])["status"] == "cancelled"


def test_a_cascade_goes_to_the_end_and_names_the_first_cause_everywhere(api: Api) -> None:
    chain: list[dict[str, Any]] = [
        {"ref": "0"},
        *({"ref": str(n), "dependsOn": [str(n - 1)]} for n in range(1, 30)),
    ]
    wide = [{"ref": f"w{n}", "dependsOn": ["29"]} for n in range(40)]
    beside: list[dict[str, Any]] = [{"ref": "beside"}, {"ref": "both", "dependsOn": ["beside", "w7"]}]
    run = make_graph(api, [*chain, *wide, *beside])
    ids = run["taskIds"]
    fail(api, ids["0"])
    work(api)
    for ref, status in statuses(api, run).items():
        assert status == {"0": "failed", "beside": "queued"}.get(ref, "cancelled")
        if status == "cancelled":
            assert get_task(api, ids[ref])["errorData"]["taskId"] == ids["0"]
    assert counts(get_run(api, run["id"])) == [1, 0, 1, 70]
    finish(api, ids["beside"])
    assert get_run(api, run["id"])["status"] == "failed"


def test_an_end_is_told_once_for_every_task_of_a_cascade(api: Api, diamond: dict[str, Any]) -> None:
    fail(api, diamond["taskIds"]["first"])
    events = [(event["event"], event.get("taskId")) for event in messages(api, "foreman:results")]
    ids = diamond["taskIds"]
    cancelled = [("task.cancelled", ids[ref]) for ref in ("left", "right", "last")]
    assert sorted(events) == sorted([("task.failed", ids["first"]), *cancelled, ("run.failed", None)])


def test_a_task_that_is_not_enqueued_stays_pending_and_still_lets_others_go_on(api: Api) -> None:
    run_id = make_run(api, autoComplete=True)["id"]
    first = make_task(api, run_id)
    outside = make_task(api, run_id, enqueue=False, dependsOn=[first["id"]])
    last = make_task(api, run_id, dependsOn=[outside["id"]])
    finish(api, first["id"])
    assert [get_task(api, each["id"])["status"] for each in (outside, last)] == ["pending", "pending"]
    assert sent(api, outside["id"]) == 0
    api("PATCH", f"/api/v1/tasks/{outside['id']}", {"status": "completed", "outputData": 1})
    assert get_task(api, last["id"])["status"] == "queued"
    finish(api, last["id"])
    assert get_run(api, run_id)["status"] == "completed"


def test_a_task_that_is_not_enqueued_is_cancelled_like_any_other_when_it_can_never_start(api: Api) -> None:
    run_id = make_run(api)["id"]
    first = make_task(api, run_id)
    outside = make_task(api, run_id, enqueue=False, dependsOn=[first["id"]])
    fail(api, first["id"])
    assert get_task(api, outside["id"])["status"] == "cancelled"
