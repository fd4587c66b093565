"""Of any number of concurrent writers that read the same state exactly one wins, and no count is lost."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from foreman_contract.enums import TaskStatus
from foreman_engine.domain.errors import AlreadyDoneError, StaleError
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import Change, Counts, TaskState, finish
from foreman_engine.service.ports import Ports
from tests.contract.states import Maker

RACERS = 16
T = TypeVar("T")


def race(steps: Sequence[Callable[[], T]], *lost: type[Exception]) -> list[T]:
    """Run every step at once; the answers of those that were not refused."""
    with ThreadPoolExecutor(len(steps)) as pool:
        running = [pool.submit(step) for step in steps]
    return [each.result() for each in running if not isinstance(each.exception(), lost)]


def test_one_of_sixteen_claims_wins(ports: Ports, make: Maker) -> None:
    task = make.stored_task()

    def claim(number: int) -> Callable[[], list[TaskState]]:
        after = replace(task, status=TaskStatus.RUNNING, attempt=1, claim_id=f"c{number}")
        return lambda: ports.tasks.save([Change(task, after)])

    won = race([claim(number) for number in range(RACERS)], StaleError)
    assert len(won) == 1
    assert won[0] == [make.read_task(task.id)]


def test_one_of_sixteen_identical_claims_wins(ports: Ports, make: Maker) -> None:
    task = make.stored_task()
    change = Change(task, replace(task, attempt=1))
    assert len(race([lambda: ports.tasks.save([change])] * RACERS, StaleError)) == 1


def test_one_of_sixteen_ends_counts(ports: Ports, make: Maker) -> None:
    task = make.stored_task()
    change = Change(task, finish(task, TaskStatus.COMPLETED, 1))
    assert len(race([lambda: ports.tasks.save([change])] * RACERS, StaleError)) == 1
    assert ports.runs.counts(make.org_id, task.run_id) == Counts(completed=1)


def test_ends_of_sixteen_tasks_of_one_run_all_count(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    tasks = make.stored_tasks(run, RACERS)

    def end(task: TaskState) -> Callable[[], list[TaskState]]:
        return lambda: ports.tasks.save([Change(task, finish(task, TaskStatus.FAILED, 1))])

    assert len(race([end(task) for task in tasks])) == RACERS
    assert ports.runs.counts(make.org_id, run.id) == Counts(failed=RACERS)


def test_sixteen_creators_of_one_run_all_count(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    batches = [make.tasks(run, 1) for _ in range(RACERS)]

    def create(tasks: list[TaskState]) -> Callable[[], None]:
        return lambda: ports.tasks.create(run, tasks)

    race([create(tasks) for tasks in batches])
    assert make.read_run(run.id).total_tasks == RACERS


def test_one_of_sixteen_saves_of_a_run_wins(ports: Ports, make: Maker) -> None:
    run = make.stored_run()

    def save(number: int) -> Callable[[], RunState]:
        return lambda: ports.runs.save(run, replace(run, updated_at=number))

    won = race([save(number) for number in range(RACERS)], StaleError)
    assert won == [make.read_run(run.id)]


def test_one_of_sixteen_requests_with_one_key_creates(ports: Ports, make: Maker) -> None:
    def create(run: RunState) -> Callable[[], str]:
        def step() -> str:
            ports.runs.create(run, make.record("s", run.id))
            return run.id

        return step

    runs = [make.run() for _ in range(RACERS)]
    won = race([create(run) for run in runs], AlreadyDoneError)
    assert len(won) == 1
    assert list(ports.runs.get(make.org_id, [run.id for run in runs])) == won
