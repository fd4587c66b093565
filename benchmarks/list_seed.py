"""Runs and tasks in quantity: as the service stores them, item by item, but written in batches and from several threads."""

import random
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from boto3.session import Session
from botocore.config import Config

from chalicelib.adapters.dynamo import keys
from chalicelib.adapters.dynamo.attributes import Item
from chalicelib.adapters.dynamo.run_codec import new_run
from chalicelib.adapters.dynamo.shelf import Shelf
from chalicelib.adapters.dynamo.task_codec import new_task
from chalicelib.adapters.dynamo.writes import new_mark, put_all
from chalicelib.config import Settings
from foreman_contract.enums import RunStatus, TaskStatus
from foreman_engine.domain.ids import make_run_id, make_task_id
from foreman_engine.domain.payload import payload
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import TaskState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_WRITERS: Final = 4
_TOGETHER: Final = 250
"""Items of one writer's turn."""
_BEGIN_MS: Final = 1_767_225_600_000
_OPEN: Final = (RunStatus.PENDING, RunStatus.RUNNING)
_TIES: Final = 3
"""So many rows share each millisecond."""
_INPUT: Final = payload({"orderId": "order-123", "note": "as agreed on the phone"}, "inputData")


@dataclass(frozen=True, slots=True)
class Family:
    """A run whose tasks are a parent and its children, all of them failed, in the order of creation."""

    run: RunState
    parent: TaskState
    children: list[TaskState]


class ListSeeder:
    """Fills organizations. Its calls are its own: nobody counts or refuses them."""

    def __init__(self, settings: Settings, session: Session) -> None:
        config = Config(max_pool_connections=_WRITERS, parameter_validation=False)
        self._client: DynamoDBClient = session.client(
            "dynamodb", endpoint_url=settings.aws_endpoint_url, config=config
        )
        self._settings = settings

    def runs(self, org_id: str, count: int) -> list[RunState]:
        """So many runs, a fifth of them of each status; those that have started and ended have the times."""
        made = list(_runs(org_id, count))
        self._put(self._settings.runs_table, (new_run(run, new_mark(), Shelf(_BEGIN_MS))[0] for run in made))
        return made

    def family(self, org_id: str, count: int) -> Family:
        """A run of so many children and their parent."""
        rng = random.Random(org_id)
        run_id = make_run_id(_BEGIN_MS, rng.getrandbits(74))
        run = _run(org_id, run_id, RunStatus.RUNNING, _BEGIN_MS, total_tasks=count + 1)
        parent, *children = _tasks(run, count + 1)
        notes = (keys.child(org_id, parent.id, child.id) for child in children)
        states = (new_task(task, new_mark(), Shelf(_BEGIN_MS))[0] for task in (parent, *children))
        self._put(self._settings.runs_table, [new_run(run, new_mark(), Shelf(_BEGIN_MS))[0]])
        self._put(self._settings.tasks_table, notes)
        self._put(self._settings.tasks_table, states)
        return Family(run, parent, children)

    def _put(self, table: str, items: Iterable[Item]) -> None:
        rest = iter(items)
        turns = iter(lambda: list(islice(rest, _TOGETHER)), [])
        with ThreadPoolExecutor(_WRITERS) as pool:
            list(pool.map(lambda turn: put_all(self._client, table, turn), turns))


def _run(
    org_id: str,
    run_id: str,
    status: RunStatus,
    at: int,
    started_at: int | None = None,
    completed_at: int | None = None,
    total_tasks: int = 0,
) -> RunState:
    return RunState(
        id=run_id,
        org_id=org_id,
        status=status,
        input_data=_INPUT,
        created_at=at,
        updated_at=at,
        started_at=started_at,
        completed_at=completed_at,
        total_tasks=total_tasks,
    )


def _runs(org_id: str, count: int) -> Iterator[RunState]:
    rng, statuses = random.Random(org_id), list(RunStatus)
    for number in range(count):
        at, status = _BEGIN_MS + number // _TIES, statuses[number % len(statuses)]
        started = at + rng.randrange(1000) if status is not RunStatus.PENDING else None
        ended = at + 1000 + rng.randrange(1000) if status not in _OPEN else None
        distinct = number % _TIES << 72 | rng.getrandbits(72)
        yield _run(org_id, make_run_id(at, distinct), status, at, started, ended)


def _tasks(run: RunState, count: int) -> Iterator[TaskState]:
    parent: str | None = None
    for number in range(count):
        at = run.created_at + number // _TIES
        task_id = make_task_id(run.id, at, number % _TIES)
        yield TaskState(
            id=task_id,
            run_id=run.id,
            org_id=run.org_id,
            parent_task_id=parent,
            type="order",
            status=TaskStatus.FAILED,
            input_data=_INPUT,
            created_at=at,
            updated_at=at,
            completed_at=at,
        )
        parent = parent or task_id
