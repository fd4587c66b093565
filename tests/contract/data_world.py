"""A run whose data is changed through the use cases, and a list of what must be in it."""

from contextlib import suppress
from typing import Any

from foreman_contract.run_data import ChangeTags, CreateEntry, Entry, EntryPage
from foreman_contract.runs import CreateRun
from foreman_contract.tasks import CreateTask
from foreman_engine.domain.errors import NotFoundError
from foreman_engine.domain.query import DataQuery
from foreman_engine.memory.clock import ManualClock
from foreman_engine.service.creating import create_tasks
from foreman_engine.service.data_deletes import delete_entry, delete_key
from foreman_engine.service.data_queries import query_entries
from foreman_engine.service.pages import ListQuery
from foreman_engine.service.ports import Ports
from foreman_engine.service.run_data import change_tags, create_entry
from foreman_engine.service.runs import create_run
from tests.contract.data_model import Step


class DataWorld:
    """One run of an organization."""

    def __init__(self, ports: Ports, org_id: str) -> None:
        self.ports = ports
        self.org_id = org_id
        self.run_id = create_run(ports, org_id, CreateRun(input_data=None)).run.id
        request = CreateTask(run_id=self.run_id, type="t", input_data=None)
        self.task_id = create_tasks(ports, org_id, [request]).tasks[0].id
        self.entries: list[Entry] = []

    def write(self, key: str, tags: tuple[str, ...] = (), value: Any = None) -> Entry:
        request = CreateEntry(task_id=self.task_id, key=key, value=value, tags=list(tags))
        entry = create_entry(self.ports, self.org_id, self.run_id, request).entry
        self.entries.append(entry)
        return entry

    def retag(self, entry: Entry, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> Entry:
        request = ChangeTags(add=list(add), remove=list(remove))
        after = change_tags(self.ports, self.org_id, self.run_id, entry.id, request)
        kept = [tag for tag in entry.tags if tag not in remove]
        assert after.tags == [*kept, *(tag for tag in add if tag not in kept)]
        assert after.updated_at >= entry.updated_at
        self.entries[self.entries.index(entry)] = after
        return after

    def delete(self, entry: Entry) -> None:
        assert delete_entry(self.ports, self.org_id, self.run_id, entry.id).deleted == 1
        self.entries.remove(entry)

    def delete_key(self, key: str) -> None:
        theirs = [entry for entry in self.entries if entry.key == key]
        with suppress(NotFoundError):
            answer = delete_key(self.ports, self.org_id, self.run_id, key)
            assert (answer.deleted, answer.more) == (len(theirs), None)
        self.entries = [entry for entry in self.entries if entry.key != key]

    def take(self, step: Step) -> None:
        """Apply a step that hypothesis drew."""
        clock = self.ports.clock
        if isinstance(clock, ManualClock):
            clock.advance(step.after_ms)
        chosen = self.entries[step.which % len(self.entries)] if self.entries else None
        if step.kind == "write" or chosen is None:
            self.write(step.key, step.tags)
        elif step.kind == "retag":
            self.retag(chosen, step.tags, step.remove)
        elif step.kind == "delete":
            self.delete(chosen)
        else:
            self.delete_key(step.key)

    def page(self, query: DataQuery, limit: int = 100, **fields: Any) -> EntryPage:
        page = ListQuery(limit=limit, ascending=query.ascending, **fields)
        return query_entries(self.ports, self.org_id, self.run_id, query, page)

    def walk(
        self, query: DataQuery, limit: int, *, total: bool = True
    ) -> tuple[list[Entry], list[EntryPage]]:
        """Every row, page by page."""
        pages = [self.page(query, limit, total=total)]
        while (cursor := pages[-1].pagination.next_cursor) is not None:
            assert len(pages) < 1000
            pages.append(self.page(query, limit, cursor=cursor))
        return [row for page in pages for row in page.data], pages
