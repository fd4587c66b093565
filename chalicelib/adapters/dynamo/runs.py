"""Runs on DynamoDB."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from chalicelib.adapters.dynamo import keys
from chalicelib.adapters.dynamo.attributes import Item, Value, number
from chalicelib.adapters.dynamo.codec import uuid_value
from chalicelib.adapters.dynamo.coming_runs import announce
from chalicelib.adapters.dynamo.difference import REV, Difference, difference, revised
from chalicelib.adapters.dynamo.errors import RefusedError
from chalicelib.adapters.dynamo.idempotency import put_record, refuse_done
from chalicelib.adapters.dynamo.index_keys import run_index
from chalicelib.adapters.dynamo.payloads import PayloadStore, with_refs
from chalicelib.adapters.dynamo.reads import batch_get, in_range, query
from chalicelib.adapters.dynamo.run_codec import ID, SHAPE, TOTAL, new_run, read_counts, read_run
from chalicelib.adapters.dynamo.shelf import Shelf
from chalicelib.adapters.dynamo.spread import count_rows, merged_rows
from chalicelib.adapters.dynamo.tables import Tables
from chalicelib.adapters.dynamo.writes import new_mark, transact, write
from chalicelib.adapters.together import map_together
from foreman_engine.domain.errors import IdTakenError, StaleError
from foreman_engine.domain.idempotency import IdempotencyRecord
from foreman_engine.domain.ids import run_address
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import Counts
from foreman_engine.service.indexes import IndexRow, RunIndex
from foreman_engine.service.ports import Position

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_READERS: Final = 8
"""Queries under way at once for a list of runs."""


class DynamoRunStore:
    """RunStore."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._payloads = PayloadStore(tables.client, tables.runs, tables.objects)

    def create(self, run: RunState, record: IdempotencyRecord | None) -> None:
        """Write a new run: one put, or with a record a transaction of two."""
        mark = new_mark()
        item, placed = new_run(run, mark, Shelf(self._tables.clock.now_ms()))
        if placed.outside:
            announce(self._tables, run.org_id, run.id)
        put: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": self._tables.runs,
                "Item": item,
                "ConditionExpression": "attribute_not_exists(pk)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }
        try:
            with self._payloads.written(placed.outside):
                self._put(run.org_id, put, mark, record)
        except RefusedError as refused:
            if record is not None:
                refuse_done(refused.refusals[0])
            raise IdTakenError(run.id) from refused

    def _put(
        self, org_id: str, put: "TransactWriteItemTypeDef", mark: Value, record: IdempotencyRecord | None
    ) -> None:
        if record is None:
            write(self._tables.client, put, mark)
            return
        now = self._tables.clock.now_ms()
        actions = [put_record(self._tables.keys, org_id, record, now), put]
        transact(self._tables.client, lambda: actions)

    def get(self, org_id: str, run_ids: Sequence[str]) -> Mapping[str, RunState]:
        """The runs that exist, strongly consistent; payloads outside are unloaded."""
        wanted = [keys.run(org_id, run_id) for run_id in run_ids if run_address(run_id) is not None]
        found = (read_run(org_id, item) for item in self._batch(wanted))
        asked = set(run_ids)
        return {run.id: run for run in found if run.id in asked}

    def _batch(self, wanted: list[Item]) -> list[Item]:
        return batch_get(self._tables.client, self._tables.runs, wanted) if wanted else []

    def counts(self, org_id: str, run_id: str) -> Counts:
        """The run's counters of ends, strongly consistent."""
        request = in_range(self._tables.runs, keys.counters(org_id, run_id))
        return read_counts(query(self._tables.client, request))

    def load(self, runs: Sequence[RunState]) -> list[RunState]:
        """The same runs with every payload's text."""
        return self._payloads.load(runs, [keys.run_place(run.org_id, run.id) for run in runs])

    def save(self, before: RunState, after: RunState) -> RunState:
        """Write what differs, on condition that `rev` and `total_tasks` are as in `before`."""
        where, shelf = keys.run_place(before.org_id, before.id), Shelf(self._tables.clock.now_ms())
        change = difference(SHAPE, where, before, after, shelf)
        self._payloads.write(change.placed.outside)
        mark = new_mark()
        try:
            write(self._tables.client, self._update(before, change, mark), mark)
        except RefusedError as refused:
            raise StaleError([before.id]) from refused
        saved = replace(after, rev=before.rev + 1, total_tasks=before.total_tasks)
        return with_refs(saved, change.placed)

    def _update(self, before: RunState, change: Difference, mark: Value) -> "TransactWriteItemTypeDef":
        expression = revised(change, before.rev, mark)
        condition: Item = {
            ":was": number(before.rev),
            ":total": number(before.total_tasks),
            ":self": uuid_value(before.id),
        }
        return {
            "Update": {
                "TableName": self._tables.runs,
                "Key": keys.run(before.org_id, before.id),
                "UpdateExpression": expression.update,
                "ConditionExpression": "#v = :was AND #total = :total AND #self = :self",
                "ExpressionAttributeNames": {**expression.names, "#v": REV, "#total": TOTAL, "#self": ID},
                "ExpressionAttributeValues": {**expression.values, **condition},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }

    def whole(self, org_id: str, run_ids: Sequence[str]) -> Mapping[str, RunState]:
        """The runs that exist, with their counts, strongly consistent; payloads outside are unloaded."""
        if not run_ids:
            return {}
        found = map_together(
            lambda run_id: self._with_counts(org_id, run_id), run_ids, min(_READERS, len(run_ids))
        )
        return {run.id: run for run in found if run is not None}

    def rows(
        self, org_id: str, index: RunIndex, limit: int, after: Position | None, *, ascending: bool
    ) -> Sequence[IndexRow]:
        """Rows of an index behind `after`, merged from its partitions. May lag."""
        spread = run_index(org_id, index)
        return merged_rows(self._tables.client, self._tables.runs, spread, limit, after, ascending=ascending)

    def count(self, org_id: str, index: RunIndex, at_most: int) -> int:
        """How many rows an index has, counted no further than eight over `at_most`. May lag."""
        return count_rows(self._tables.client, self._tables.runs, run_index(org_id, index), at_most)

    def _with_counts(self, org_id: str, run_id: str) -> RunState | None:
        """One query reads the run and its counters, which lie beside each other."""
        items = query(self._tables.client, in_range(self._tables.runs, keys.run_and_counters(org_id, run_id)))
        run = next((read_run(org_id, item) for item in items if keys.is_run(item)), None)
        counters = [item for item in items if not keys.is_run(item)]
        if run is None or run.id != run_id:
            return None
        return replace(run, counts=read_counts(counters))
