"""Tasks on DynamoDB."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from chalicelib.adapters.dynamo import keys, run_codec
from chalicelib.adapters.dynamo.children import children_of
from chalicelib.adapters.dynamo.codec import uuid_value
from chalicelib.adapters.dynamo.coming_runs import announce
from chalicelib.adapters.dynamo.difference import Difference, difference
from chalicelib.adapters.dynamo.due import due_tasks
from chalicelib.adapters.dynamo.errors import Refusal, RefusedError
from chalicelib.adapters.dynamo.idempotency import put_record, refuse_done
from chalicelib.adapters.dynamo.index_keys import STATUS, task_index
from chalicelib.adapters.dynamo.payloads import Outside, PayloadStore, with_refs
from chalicelib.adapters.dynamo.reads import batch_get, in_range, query
from chalicelib.adapters.dynamo.run_codec import new_run
from chalicelib.adapters.dynamo.schedules import put_fired
from chalicelib.adapters.dynamo.shelf import Shelf
from chalicelib.adapters.dynamo.spread import count_rows, merged_rows
from chalicelib.adapters.dynamo.tables import Tables
from chalicelib.adapters.dynamo.task_actions import (
    add_ends,
    check_run,
    check_unchanged,
    put_run,
    put_task,
    raise_total,
    tell_dependency,
    update_task,
)
from chalicelib.adapters.dynamo.task_codec import SHAPE, new_task, read_task
from chalicelib.adapters.dynamo.writes import new_mark, put_all, transact, write
from chalicelib.adapters.together import map_together
from foreman_contract.enums import TaskStatus
from foreman_engine.domain.errors import ConflictError, IdTakenError, NotFoundError, StaleError
from foreman_engine.domain.ids import task_address
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import Change, Counts, TaskState, ends_in
from foreman_engine.domain.transitions import ENDED_RUN
from foreman_engine.service.indexes import IndexRow, TaskIndex
from foreman_engine.service.ports import (
    ALONE,
    DependantPage,
    DueTask,
    Position,
    RunGuard,
    TaskPage,
    Writing,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_WRITERS: Final = 8
"""Updates under way at once."""


class DynamoTaskStore:
    """TaskStore."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._payloads = PayloadStore(tables.client, tables.tasks, tables.objects)
        self._run_payloads = PayloadStore(tables.client, tables.runs, tables.objects)

    def create(self, run: RunState, tasks: Sequence[TaskState], writing: Writing = ALONE) -> None:
        """Write new tasks and raise the run's `total_tasks`, or write the run, in one transaction; edges before it."""
        now = self._tables.clock.now_ms()
        made = [new_task(task, new_mark(), Shelf(now)) for task in tasks]
        outside = [each for _, placed in made for each in placed.outside]
        run_action, run_outside = self._run_action(run, len(tasks), writing)
        if writing.new_run and (outside or run_outside):
            announce(self._tables, run.org_id, run.id)
        edges = [keys.edge(run.org_id, each, task.id) for task in tasks for each in task.depends_on]
        children = [
            keys.child(run.org_id, task.parent_task_id, task.id)
            for task in tasks
            if task.parent_task_id is not None
        ]
        put_all(self._tables.client, self._tables.tasks, edges + children)
        actions = [run_action]
        actions += [tell_dependency(self._tables.tasks, each) for each in writing.dependencies]
        actions += [put_task(self._tables.tasks, item) for item, _ in made]
        if writing.fired is not None:
            actions.insert(1, put_fired(self._tables.keys, writing.fired, now))
        if writing.record is not None:
            actions.append(put_record(self._tables.keys, run.org_id, writing.record, now))
        try:
            with self._run_payloads.written(run_outside), self._payloads.written(outside):
                transact(self._tables.client, lambda: actions)
        except RefusedError as refused:
            _refuse(run, writing, refused.refusals)
            raise IdTakenError(run.id) from refused

    def _run_action(
        self, run: RunState, count: int, writing: Writing
    ) -> tuple["TransactWriteItemTypeDef", tuple[Outside, ...]]:
        """What is done to the run, and its payloads that are to be written before."""
        if not writing.new_run:
            return raise_total(self._tables.runs, run, count), ()
        item, placed = new_run(run, new_mark(), Shelf(self._tables.clock.now_ms()))
        return put_run(self._tables.runs, item), placed.outside

    def get(self, org_id: str, task_ids: Sequence[str]) -> Mapping[str, TaskState]:
        """The tasks that exist, strongly consistent; payloads outside are unloaded."""
        wanted = [keys.task(org_id, task_id) for task_id in task_ids if task_address(task_id) is not None]
        items = batch_get(self._tables.client, self._tables.tasks, wanted) if wanted else []
        return {task.id: task for task in (read_task(org_id, item) for item in items)}

    def load(self, tasks: Sequence[TaskState]) -> list[TaskState]:
        """The same tasks with every payload's text."""
        return self._payloads.load(tasks, [keys.task_place(task.org_id, task.id) for task in tasks])

    def save(
        self,
        changes: Sequence[Change],
        guard: RunGuard | None = None,
        unchanged: Sequence[TaskState] = (),
    ) -> list[TaskState]:
        """Write what differs, each on condition that its `rev` is as read, with the ends on a counter of the run.

        One change that ends nothing is a plain update; anything more is a transaction.
        """
        shelf = Shelf(self._tables.clock.now_ms(), shared=True)
        steps = [_difference(change, shelf) for change in changes]
        self._payloads.write(outside for step in steps for outside in step.placed.outside)
        try:
            self._write(changes, steps, guard, unchanged)
        except RefusedError as refused:
            checked = [change.before.id for change in changes] + [task.id for task in unchanged]
            checked += [guard.run.id] if guard is not None else []
            pairs = zip(checked, refused.refusals, strict=False)
            raise StaleError([each for each, refusal in pairs if refusal.failed]) from refused
        return [_saved(change, step) for change, step in zip(changes, steps, strict=True)]

    def _write(
        self,
        changes: Sequence[Change],
        steps: Sequence[Difference],
        guard: RunGuard | None,
        unchanged: Sequence[TaskState],
    ) -> None:
        mark = new_mark()
        actions = [
            update_task(self._tables.tasks, change, step, mark)
            for change, step in zip(changes, steps, strict=True)
        ]
        actions += [check_unchanged(self._tables.tasks, task) for task in unchanged]
        before, ends = changes[0].before, ends_in(changes)
        if guard is not None:
            actions.append(check_run(self._tables.runs, guard))

        def counted() -> list["TransactWriteItemTypeDef"]:
            return [*actions, add_ends(self._tables.runs, before.org_id, before.run_id, ends)]

        if ends != Counts():
            transact(self._tables.client, counted)
        elif len(actions) > 1:
            transact(self._tables.client, lambda: actions)
        else:
            write(self._tables.client, actions[0], mark)

    def save_each(self, changes: Sequence[Change]) -> list[TaskState | None]:
        """Write every change by an update of its own, which costs half of what it would in a transaction; some at once."""
        if len(changes) < 2:
            return [self._save_one(change) for change in changes]
        return map_together(self._save_one, changes, min(_WRITERS, len(changes)))

    def _save_one(self, change: Change) -> TaskState | None:
        try:
            return self.save([change])[0]
        except StaleError:
            return None

    def dependants(self, org_id: str, task_id: str, limit: int, after_id: str | None) -> DependantPage:
        """Ids of tasks that name this one as a dependency, strongly consistent."""
        after = keys.edge(org_id, task_id, after_id) if after_id is not None else None
        request = in_range(self._tables.tasks, keys.edges(org_id, task_id), after=after)
        found = query(self._tables.client, request, limit + 1)
        return DependantPage(tuple(keys.child_id(edge) for edge in found[:limit]), more=len(found) > limit)

    def rows(
        self, org_id: str, index: TaskIndex, limit: int, after: Position | None, *, ascending: bool
    ) -> Sequence[IndexRow]:
        """Rows of an index behind `after`: the children of a task strongly, others may lag."""
        if index.parent_id is not None:
            return children_of(self._tables, org_id, index.parent_id, limit, after, ascending=ascending)
        spread = task_index(org_id, index)
        return merged_rows(self._tables.client, self._tables.tasks, spread, limit, after, ascending=ascending)

    def count(self, org_id: str, status: TaskStatus | None, at_most: int) -> int:
        """How many tasks an index has, counted no further than eight over `at_most`."""
        spread = task_index(org_id, TaskIndex(status))
        return count_rows(self._tables.client, self._tables.tasks, spread, at_most)

    def due(self, shard: int, until_ms: int, limit: int) -> list[DueTask]:
        """Tasks of one shard that are due by `until_ms`, earliest first; one query when there is none."""
        return due_tasks(self._tables, shard, until_ms, limit)

    def of_run(
        self, org_id: str, run_id: str, limit: int, after_id: str | None, *, ascending: bool
    ) -> TaskPage:
        """The run's tasks in creation order (or the reverse), strongly consistent, starting behind `after_id`."""
        after = keys.task_in(org_id, run_id, after_id) if after_id is not None else None
        request = in_range(self._tables.tasks, keys.tasks(org_id, run_id), ascending=ascending, after=after)
        items = query(self._tables.client, request, limit + 1)
        tasks = [read_task(org_id, item) for item in items[:limit]]
        return TaskPage(tuple(task for task in tasks if task.run_id == run_id), more=len(items) > limit)


def _difference(change: Change, shelf: Shelf) -> Difference:
    where = keys.task_place(change.before.org_id, change.before.id)
    return difference(SHAPE, where, change.before, change.after, shelf)


def _saved(change: Change, step: Difference) -> TaskState:
    return with_refs(replace(change.after, rev=change.before.rev + 1), step.placed)


def _refuse(run: RunState, writing: Writing, refusals: Sequence[Refusal]) -> None:
    """Raise what the failed conditions of a creation mean; nothing when it was an id that is taken."""
    if writing.record is not None:
        refuse_done(refusals[-1])
    if writing.fired is not None and refusals[1].failed:
        raise StaleError([writing.fired.before.id])
    if writing.new_run:
        return
    _refuse_run(run, refusals[0])
    told = zip(writing.dependencies, refusals[1:], strict=False)
    moved = [task.id for task, refusal in told if refusal.failed]
    if moved:
        raise StaleError(moved)


def _refuse_run(run: RunState, refusal: Refusal) -> None:
    """Raise what the failed condition on the run means; nothing when it held."""
    if not refusal.failed:
        return
    if refusal.old is None or refusal.old.get(run_codec.ID) != uuid_value(run.id):
        raise NotFoundError("There is no such run.")
    status = refusal.old[STATUS]["S"]
    if status in ENDED_RUN:
        raise ConflictError(f"The run has ended ({status}).")
    raise StaleError([run.id])
