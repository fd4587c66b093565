"""Faults on purpose: calls that fail, answers that are lost, workers that die."""

import pytest

from foreman_client import ConflictError, ConnectionFailedError, Task, TaskContext, UnavailableError
from foreman_client.testing import ForemanTest, WorkerDied
from tests.unit.testing.test_time import enqueue


def test_a_fault_that_passes_is_retried_unseen(foreman: ForemanTest) -> None:
    foreman.fail_next("create_run", 503, times=2)
    assert foreman.client.create_run(input_data=1).success
    assert foreman.clock.monotonic() > 0


def test_a_fault_that_stays_is_seen(foreman: ForemanTest) -> None:
    with foreman.failing("create_run"):
        result = foreman.client.create_run(input_data=1)
        assert not result.success
        assert isinstance(result.error, UnavailableError)
        assert result.error.retryable
    assert foreman.client.create_run(input_data=1).success


def test_a_refusal_is_seen_at_once(foreman: ForemanTest) -> None:
    foreman.fail_next("enqueue_task", 409)
    run = foreman.client.create_run(input_data=1).unwrap()
    result = foreman.client.enqueue_task(run_id=run.id, type="t", input_data=1)
    assert not result.success
    assert isinstance(result.error, ConflictError)
    assert foreman.client.enqueue_task(run_id=run.id, type="t", input_data=1).success


@pytest.mark.parametrize("failure", [400, 401, 404, 409, 413, 429, 500, 503])
def test_every_status_is_one_of_the_service(foreman: ForemanTest, failure: int) -> None:
    with foreman.failing("get_config", failure):  # type: ignore[arg-type]
        result = foreman.client.get_config()
    assert not result.success
    assert result.error.status == failure
    assert result.error.code not in ("", f"http_{failure}")


def test_a_create_whose_answer_was_lost_happens_once(foreman: ForemanTest) -> None:
    foreman.fail_next("create_run", "timeout", acted=True, times=3)
    run = foreman.client.create_run(input_data=1).unwrap()
    assert [each.id for each in foreman.client.list_runs().unwrap().data] == [run.id]


def test_a_service_that_is_away_fails_everything(foreman: ForemanTest) -> None:
    with foreman.failing("*", "connection"):
        for result in (foreman.client.health(), foreman.client.create_run(input_data=1)):
            assert not result.success
            assert isinstance(result.error, ConnectionFailedError)


def test_a_worker_lives_through_an_outage(foreman: ForemanTest) -> None:
    """The attempt goes on, its result is kept, and reported when the service is back."""
    attempts: list[int] = []

    def work(task: Task, ctx: TaskContext) -> None:
        attempts.append(ctx.attempt)

    foreman.worker({"work": work})
    task = enqueue(foreman.client, "work")
    with foreman.failing("report"):
        assert not foreman.run_until_idle(max_seconds=20)
        assert foreman.client.get_task(task.id).unwrap().status == "running"
    assert foreman.run_until_idle()
    assert attempts == [1]
    with foreman.failing("claim"):
        enqueue(foreman.client, "work")
        rest = foreman.run_until_idle(max_seconds=60)
        assert [each.reason for each in rest.waiting] == ["its message lies on the queue"]
    assert foreman.run_until_idle()
    assert attempts == [1, 1]


def test_a_lost_report_is_repeated_and_counts_once(foreman: ForemanTest) -> None:
    foreman.worker({"work": lambda _: 1})
    foreman.fail_next("report", "connection", acted=True)
    task = enqueue(foreman.client, "work")
    assert foreman.run_until_idle()
    assert foreman.client.get_run(task.run_id).unwrap().completed_tasks == 1
    assert {event.task_id for event in foreman.client.results(idle_s=1)} == {task.id}


def test_a_worker_that_dies_midway_uses_up_a_retry(foreman: ForemanTest) -> None:
    charged: list[str] = []

    def charge(task: Task, ctx: TaskContext) -> int:
        charged.append(ctx.idempotency_key)
        if ctx.attempt == 1:
            raise WorkerDied
        return ctx.attempt

    foreman.worker({"charge": charge})
    task = enqueue(foreman.client, "charge")
    rest = foreman.run_until_idle(max_seconds=30)
    [waiting] = rest.waiting
    assert waiting.reason == "attempt 1 of worker worker-1 has not ended; its lease ends in 60 s"
    assert foreman.run_until_idle()
    done = foreman.client.get_task(task.id).unwrap()
    assert (done.output_data, done.retry_count) == (2, 1)
    assert charged == [task.id, task.id]
    assert foreman.clock.monotonic() >= 60


async def dies(task: Task) -> None:
    raise WorkerDied


def test_a_worker_that_dies_every_time_fails_the_task(foreman: ForemanTest) -> None:
    foreman.worker({"dies": dies})
    task = enqueue(foreman.client, "dies", max_retries=1)
    assert foreman.run_until_idle()
    done = foreman.client.get_task(task.id).unwrap()
    assert (done.status, done.attempt, done.error_data["code"]) == ("failed", 2, "worker_lost")


def test_a_task_may_be_lost_before_its_handler_is_called(foreman: ForemanTest) -> None:
    attempts: list[int] = []

    def work(task: Task, ctx: TaskContext) -> None:
        attempts.append(ctx.attempt)

    foreman.worker({"work": work})
    task = enqueue(foreman.client, "work")
    foreman.lose(task)
    assert foreman.run_until_idle()
    assert attempts == [2]


def test_a_task_may_be_lost_while_it_runs(foreman: ForemanTest) -> None:
    told: list[bool] = []

    def work(task: Task, ctx: TaskContext) -> int:
        foreman.clock.sleep(10)
        told.append(ctx.cancelled)
        return ctx.attempt

    foreman.worker({"work": work})
    task = enqueue(foreman.client, "work")
    foreman.clock.advance(5)
    foreman.lose(task.id)
    assert foreman.run_until_idle()
    assert told == [True, False]
    assert foreman.client.get_task(task.id).unwrap().output_data == 2


def test_one_attempt_is_lost_whoever_takes_it(foreman: ForemanTest) -> None:
    for _ in range(3):
        foreman.worker({"work": lambda task, ctx: ctx.attempt})
    task = enqueue(foreman.client, "work")
    foreman.lose(task)
    assert foreman.run_until_idle()
    assert foreman.client.get_task(task.id).unwrap().output_data == 2


def test_a_task_that_there_is_not_cannot_be_lost(foreman: ForemanTest) -> None:
    run = foreman.client.create_run(input_data=None).unwrap()
    with pytest.raises(ValueError, match="no task"):
        foreman.lose(run.id)


def test_an_attempt_outlives_heartbeats_that_fail(foreman: ForemanTest) -> None:
    """Nobody else has the message meanwhile, and its report counts although the lease ran out."""

    def slow(task: Task, ctx: TaskContext) -> int:
        foreman.clock.sleep(600)
        return ctx.attempt

    foreman.worker({"slow": slow}, concurrency=2)
    task = enqueue(foreman.client, "slow")
    with foreman.failing("heartbeat", "connection"):
        assert foreman.run_until_idle()
    assert foreman.client.get_task(task.id).unwrap().output_data == 1


def test_faults_that_make_no_sense_are_refused(foreman: ForemanTest) -> None:
    with pytest.raises(ValueError, match=r"no operation 'creat_run'; there are .*create_run_data"):
        foreman.fail_next("creat_run")
    with pytest.raises(ValueError, match="not 418"):
        foreman.fail_next("create_run", 418)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least 1"):
        foreman.fail_next("create_run", times=0)
    with pytest.raises(ValueError, match="lost answer"):
        foreman.fail_next("create_run", 503, acted=True)
