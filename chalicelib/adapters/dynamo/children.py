"""The children of a task, noted beside it."""

from collections.abc import Sequence

from chalicelib.adapters.dynamo import keys
from chalicelib.adapters.dynamo.reads import in_range, query
from chalicelib.adapters.dynamo.tables import Tables
from foreman_engine.domain.ids import created_ms, task_address
from foreman_engine.service.indexes import IndexRow
from foreman_engine.service.ports import Position


def children_of(
    tables: Tables, org_id: str, parent_id: str, limit: int, after: Position | None, *, ascending: bool
) -> Sequence[IndexRow]:
    """The first `limit` children of a task behind a place, in the order of creation; strongly consistent."""
    if task_address(parent_id) is None:
        return []
    behind = keys.child(org_id, parent_id, after.id) if after is not None else None
    request = in_range(tables.tasks, keys.children(org_id, parent_id), ascending=ascending, after=behind)
    ids = [keys.child_id(note) for note in query(tables.client, request, limit)]
    return [IndexRow(created_ms(task_id), task_id) for task_id in ids]
