"""The data of a task's run, as its handler sees it: the run's id and the task's are filled in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from foreman_client._http import Session
from foreman_client._steps import Scope, Steps
from foreman_client._walk import Walk
from foreman_client.operations import deleting, iterating, run_data
from foreman_client.pages import Pages
from foreman_client.result import Failure, Result, Success
from foreman_contract.run_data import Entry, EntryPage
from foreman_contract.tasks import Task

P = ParamSpec("P")
T = TypeVar("T")
Operation = Callable[Concatenate[Scope, str, P], Steps[Result[T]]]


class _Of:
    def __init__(self, task: Task, session: Session) -> None:
        self._task = task
        self._session = session

    def _create(
        self, key: str, value: Any, tags: Sequence[str] | None, metadata: Mapping[str, Any] | None
    ) -> Steps[Result[Entry]]:
        return run_data.create_run_data(
            self._session.scope,
            self._task.run_id,
            task_id=self._task.id,
            key=key,
            value=value,
            tags=tags,
            metadata=metadata,
        )

    def _pages(self, filters: Mapping[str, Any]) -> Pages[Entry, EntryPage]:
        listing, run_id = iterating.iterate_run_data, self._task.run_id

        def walk(scope: Scope) -> Walk[EntryPage]:
            return listing.walk(scope, run_id, **filters)

        walk(self._session.scope)  # wrong arguments raise here, not at the first row
        return Pages(lambda: self._session, walk, listing.rows)


def _blocking(operation: Operation[P, T]) -> Callable[Concatenate["TaskRunData", P], Result[T]]:
    def call(self: "TaskRunData", /, *args: P.args, **kwargs: P.kwargs) -> Result[T]:
        return self._session.run(operation(self._session.scope, self._task.run_id, *args, **kwargs))

    call.__doc__ = operation.__doc__
    return call


def _awaitable(
    operation: Operation[P, T],
) -> Callable[Concatenate["AsyncTaskRunData", P], Awaitable[Result[T]]]:
    async def call(self: "AsyncTaskRunData", /, *args: P.args, **kwargs: P.kwargs) -> Result[T]:
        steps = operation(self._session.scope, self._task.run_id, *args, **kwargs)
        return await asyncio.to_thread(self._session.run, steps)

    call.__doc__ = operation.__doc__
    return call


class TaskRunData(_Of):
    """`ctx.run_data` of a `def` handler: the client's run-data calls without `run_id` and `task_id`. They block."""

    query = _blocking(run_data.query_run_data)
    update_tags = _blocking(run_data.update_run_data_tags)
    delete = _blocking(deleting.delete_run_data)

    def create(
        self,
        key: str,
        value: Any,
        tags: Sequence[str] | None = None,
        *,
        metadata: Mapping[str, Any] | None = None,
    ) -> Result[Entry]:
        """Add an entry to the task's run in the task's name; the same key again adds another.

        Raises:
            TypeError, ValueError: an argument is of the wrong type or not JSON.
        """
        return self._session.run(self._create(key, value, tags, metadata))

    def iterate(self, **filters: Any) -> Pages[Entry, EntryPage]:
        """Every matching entry, page after page; filters as for `query`.

        Raises:
            TypeError, ValueError: an argument is of the wrong type or not known.
        """
        return self._pages(filters)


class AsyncTaskRunData(_Of):
    """`ctx.run_data` of an `async def` handler: every call is awaited, and blocks no other coroutine."""

    query = _awaitable(run_data.query_run_data)
    update_tags = _awaitable(run_data.update_run_data_tags)
    delete = _awaitable(deleting.delete_run_data)

    async def create(
        self,
        key: str,
        value: Any,
        tags: Sequence[str] | None = None,
        *,
        metadata: Mapping[str, Any] | None = None,
    ) -> Result[Entry]:
        """As `TaskRunData.create`.

        Raises:
            TypeError, ValueError: an argument is of the wrong type or not JSON.
        """
        return await asyncio.to_thread(self._session.run, self._create(key, value, tags, metadata))

    async def iterate(self, **filters: Any) -> AsyncIterator[Result[Entry]]:
        """Every matching entry as a Success, page after page; a page that cannot be fetched is one Failure, and the end.

        Raises:
            TypeError, ValueError: an argument is of the wrong type or not known.
        """
        pages = self._pages(filters).pages()
        while (page := await asyncio.to_thread(next, pages, None)) is not None:
            if isinstance(page, Failure):
                yield page
            else:
                for row in page.data.data:
                    yield Success(row)
