"""Every row of the crash table: who dies where, what brings the work back, and what then comes of it.

`test_every_call_dies` does the same blindly, at every call; here each row can be read.
"""

import pytest

from chalicelib.adapters.dynamo import keys
from foreman_engine.service import walks, work
from tests.integration.crashes.cases import BIG
from tests.integration.crashes.executioner import Moment, When
from tests.integration.crashes.world import ORG, World

pytestmark = pytest.mark.emulator
LEASE_MS = 60_000
SENT = Moment(When.AFTER, operation="SendMessageBatch")
COMMITTED = Moment(When.AFTER, operation="TransactWriteItems")
UPDATED = Moment(When.AFTER, operation="UpdateItem")
BAD = {"status": "failed", "retryable": False}


def one_task(world: World, **fields: object) -> tuple[str, str]:
    run_id = world.run()
    [task_id] = world.tasks(run_id, fields)
    return run_id, task_id


def claimed_task(world: World, **fields: object) -> tuple[str, str]:
    run_id, task_id = one_task(world, **fields)
    world.take()
    [claimed] = world.claim(task_id)
    assert claimed["task"]["attempt"] == 1
    return run_id, task_id


def test_an_orphan_message_is_hidden_until_a_minute_old_and_then_deleted(world: World) -> None:
    run_id = world.run()
    body = {"runId": run_id, "type": "t", "inputData": 1, "enqueue": True}
    born = world.clock.now_ms()
    assert world.survives(lambda: world.post("tasks", body), SENT) is None
    world.take()
    [orphan] = world.held
    hidden = {"id": orphan, "outcome": "unknown", "message": "hide", "seconds": 5}
    deleted = {"id": orphan, "outcome": "unknown", "message": "delete"}
    for age, told in ((0, hidden), (59_999, hidden), (60_000, deleted)):
        world.clock.set(born + age)
        assert world.claim(orphan) == [told]
    world.do_as_told([deleted])
    assert world.serve() == 0
    assert world.get(f"runs/{run_id}")["totalTasks"] == 0


def test_a_create_whose_answer_was_lost_is_answered_with_the_same_ids(world: World) -> None:
    def create_run() -> str:
        return str(world.post("runs", {"inputData": None}, key="a run")["id"])

    assert world.survives(create_run, COMMITTED) is None
    run_id = create_run()
    assert create_run() == run_id
    body = {"runId": run_id, "type": "t", "inputData": 1, "enqueue": True}

    def create_task() -> str:
        return str(world.post("tasks", body, key="a task")["id"])

    assert world.survives(create_task, COMMITTED) is None
    made = world.all_tasks(run_id)
    assert [create_task()] == [task["id"] for task in made]
    world.come_to_rest()
    assert world.get(f"runs/{run_id}")["completedTasks"] == 1


def test_a_worker_that_dies_before_it_claims_uses_nothing_up(world: World) -> None:
    _, task_id = one_task(world, maxRetries=0)
    world.take()
    world.let_go()
    world.come_to_rest()
    task = world.get(f"tasks/{task_id}")
    assert (task["status"], task["attempt"], task["retryCount"]) == ("completed", 1, 0)


def test_a_claim_whose_answer_was_lost_wins_the_same_attempt_again(world: World) -> None:
    _, task_id = one_task(world)
    second = Moment(When.AFTER, number=1, operation="UpdateItem")  # the first one starts the run
    assert world.survives(lambda: world.claim(task_id), second) is None
    [other] = world.claim(task_id, worker="other", claim_id="other")
    assert (other["outcome"], other["message"]) == ("leased", "hide")
    [again] = world.claim(task_id)
    assert (again["outcome"], again["task"]["attempt"]) == ("claimed", 1)
    world.come_to_rest()


def test_a_handler_that_dies_is_followed_by_the_next_attempt(world: World) -> None:
    _, task_id = claimed_task(world)
    world.let_go()
    world.come_to_rest()
    task = world.get(f"tasks/{task_id}")
    assert (task["status"], task["attempt"], task["retryCount"]) == ("completed", 2, 1)


def test_a_handler_that_dies_without_retries_left_fails_the_task_and_so_the_run(world: World) -> None:
    run_id, task_id = claimed_task(world, maxRetries=0)
    world.let_go()
    world.come_to_rest()
    task = world.get(f"tasks/{task_id}")
    assert (task["status"], task["attempt"], task["errorData"]["code"]) == ("failed", 1, "worker_lost")
    assert world.get(f"runs/{run_id}")["status"] == "failed"
    world.hear()
    assert (world.heard("task.failed", run_id, task_id), world.heard("run.failed", run_id)) == (1, 1)


def test_a_payload_whose_report_died_is_leaked_and_never_replaces_its_successors(world: World) -> None:
    _, task_id = claimed_task(world)
    late = {"id": task_id, "attempt": 1, "status": "completed", "outputData": "late" + BIG}
    put = Moment(When.AFTER, operation="BatchWriteItem")
    assert world.survives(lambda: world.report(late), put) is None
    world.clock.advance(LEASE_MS)
    world.claim(task_id, worker="next", claim_id="next")
    world.report(late | {"attempt": 2, "outputData": BIG}, worker="next")
    zombie = world.survives(lambda: world.report(late), None)
    assert [answer["outcome"] for answer in zombie] == ["stale"]
    assert not {"BatchWriteItem", "TransactWriteItems", "PutObject"} & set(world.executioner.calls)
    assert world.get(f"tasks/{task_id}")["outputData"] == BIG
    assert len(world.payload_items(keys.task_place(ORG, task_id).pk)) == 2  # one is of nobody
    world.let_go()
    world.come_to_rest()


@pytest.mark.parametrize("repeated", [True, False])
def test_a_report_that_died_before_it_settled_is_settled_by_its_repetition_or_its_message(
    world: World, repeated: bool
) -> None:
    run_id, task_id = claimed_task(world)
    done = {"id": task_id, "attempt": 1, "status": "completed"}
    assert world.survives(lambda: world.report(done), COMMITTED) is None
    assert world.get(f"runs/{run_id}")["status"] == "running"
    answers = world.report(done) if repeated else world.claim(task_id, worker="next", claim_id="n")
    assert [answer["outcome"] for answer in answers] == ["recorded" if repeated else "ended"]
    assert world.get(f"runs/{run_id}")["status"] == "completed"
    world.do_as_told(answers)
    assert world.serve() == 0
    world.hear()
    assert (world.heard("task.completed", run_id, task_id), world.heard("run.completed", run_id)) == (1, 1)


def test_of_two_messages_one_claims_and_the_other_is_told(world: World) -> None:
    run_id, task_id = claimed_task(world)
    failed = {"id": task_id, "attempt": 1, "status": "failed", "retryDelaySeconds": 0}
    assert world.survives(lambda: world.report(failed), SENT) is None
    world.clock.advance(LEASE_MS)
    world.take()
    assert len(world.held[task_id]) == 2
    [first] = world.claim(task_id, worker="next", claim_id="n1")
    [second] = world.claim(task_id, worker="other", claim_id="n2")
    assert (first["outcome"], first["task"]["attempt"]) == ("claimed", 2)
    assert (second["outcome"], second["message"]) == ("leased", "hide")
    world.do_as_told([first])
    world.let_go()
    world.come_to_rest()
    assert world.get(f"runs/{run_id}")["completedTasks"] == 1
    world.hear()
    assert 1 <= world.heard("task.completed", run_id, task_id) <= 2


@pytest.mark.parametrize(
    ("verb", "path", "body", "moment", "status"),
    [
        ("PATCH", "tasks/{task}", {"status": "failed"}, COMMITTED, "failed"),
        ("POST", "tasks/{task}/cancel", None, COMMITTED, "cancelled"),
        ("PATCH", "runs/{run}", {"status": "failed"}, UPDATED, "failed"),
        ("POST", "runs/{run}/cancel", None, UPDATED, "cancelled"),
    ],
)
def test_an_end_that_no_workers_message_covers_is_settled_by_the_work_queue(
    world: World, verb: str, path: str, body: object, moment: Moment, status: str
) -> None:
    run_id, task_id = one_task(world)
    url = "/api/v1/" + path.format(run=run_id, task=task_id)
    assert world.survives(lambda: world.api(verb, url, body), moment) is None
    world.hear()
    assert not world.heard(f"run.{status}", run_id)
    assert world.work() == 1
    world.hear()
    assert world.heard(f"run.{status}", run_id) == 1
    assert world.get(f"runs/{run_id}")["status"] == status
    if path != "runs/{run}":
        assert world.heard(f"task.{status}", run_id, task_id) == 1
    world.come_to_rest()


@pytest.mark.parametrize(
    ("moment", "times"),
    [
        (UPDATED, 1),
        (Moment(When.AFTER, number=1, operation="SendMessageBatch"), 2),
    ],
    ids=["before its event", "after its event"],
)
def test_the_event_of_a_run_is_sent_once_or_twice_and_never_not(
    world: World, moment: Moment, times: int
) -> None:
    run_id, task_id = claimed_task(world)
    done = {"id": task_id, "attempt": 1, "status": "completed"}
    assert world.survives(lambda: world.report(done), moment) is None
    assert world.get(f"runs/{run_id}")["status"] == "completed"
    world.let_go()
    world.come_to_rest()
    world.hear()
    assert world.heard("run.completed", run_id) == times


@pytest.fixture
def pages_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for where, name in ((walks, "PAGE"), (walks, "INLINE_PAGES"), (work, "WORK_PAGES")):
        monkeypatch.setattr(where, name, 1)


@pytest.mark.usefixtures("pages_of_one")
def test_a_walk_that_died_between_pages_goes_on_from_the_work_queue(world: World) -> None:
    run_id = world.run()
    task_ids = world.tasks(run_id, {}, {}, {})
    first_page = COMMITTED
    assert world.survives(lambda: world.post(f"runs/{run_id}/cancel"), first_page) is None
    assert world.get(f"runs/{run_id}")["cancelledTasks"] == 1
    while world.work():
        pass
    assert world.get(f"runs/{run_id}")["cancelledTasks"] == 3
    assert world.survives(lambda: world.post(f"runs/{run_id}/retry"), first_page) is None
    assert world.get(f"runs/{run_id}")["pendingTasks"] == 1
    while world.work():
        pass
    assert world.get(f"runs/{run_id}")["pendingTasks"] == 3
    world.come_to_rest()
    assert world.get(f"runs/{run_id}")["completedTasks"] == len(task_ids)


@pytest.mark.usefixtures("pages_of_one")
def test_a_walk_whose_epoch_has_moved_stops(world: World) -> None:
    run_id = world.run()
    world.tasks(run_id, *[{"maxRetries": 0}] * 3)
    world.come_to_rest(lambda _: BAD)
    assert world.survives(lambda: world.post(f"runs/{run_id}/retry"), COMMITTED) is None
    retry_hint = world.receive(world.work_url)
    world.post(f"runs/{run_id}/cancel")
    world.come_to_rest()
    before = world.get(f"runs/{run_id}")
    assert (before["status"], before["failedTasks"], before["cancelledTasks"]) == ("cancelled", 2, 1)
    world.survives(lambda: world.lambda_work(retry_hint), None)
    assert set(world.executioner.calls) == {"BatchGetItem"}
    assert world.get(f"runs/{run_id}") == before
    for message in retry_hint:
        world.show(world.work_url, message["ReceiptHandle"])
    world.come_to_rest()
