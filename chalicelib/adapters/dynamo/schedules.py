"""Schedules on DynamoDB, in the keys table."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from chalicelib.adapters.dynamo import schedule_keys as keys
from chalicelib.adapters.dynamo.attributes import Item, number
from chalicelib.adapters.dynamo.due import due_fires
from chalicelib.adapters.dynamo.errors import RefusedError
from chalicelib.adapters.dynamo.idempotency import put_record, refuse_done
from chalicelib.adapters.dynamo.reads import count_in, get, in_range, query
from chalicelib.adapters.dynamo.schedule_codec import REV, Written, join, read_schedule, write_schedule
from chalicelib.adapters.dynamo.tables import Tables
from chalicelib.adapters.dynamo.writes import new_mark, transact, write
from chalicelib.adapters.together import map_together
from foreman_engine.domain.errors import IdTakenError, StaleError
from foreman_engine.domain.idempotency import IdempotencyRecord
from foreman_engine.domain.schedules import ScheduleChange, ScheduleState
from foreman_engine.domain.work import DueFire

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


_READERS: Final = 8
"""Queries for templates under way at once."""


class DynamoScheduleStore:
    """ScheduleStore."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def create(self, schedule: ScheduleState, record: IdempotencyRecord | None) -> None:
        """Write a schedule, its template and the record in one transaction."""
        now = self._tables.clock.now_ms()
        written = write_schedule(schedule, new_mark(), now)
        put: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": self._tables.keys,
                "Item": written.item,
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        actions = [put, *self._puts(written.parts)]
        if record is not None:
            actions.insert(0, put_record(self._tables.keys, schedule.org_id, record, now))
        try:
            transact(self._tables.client, lambda: actions)
        except RefusedError as refused:
            if record is not None:
                refuse_done(refused.refusals[0])
            raise IdTakenError(schedule.id) from refused

    def get(self, org_id: str, schedule_id: str) -> ScheduleState | None:
        """The schedule, strongly consistent; a large template is unloaded."""
        item = get(self._tables.client, self._tables.keys, keys.schedule(org_id, schedule_id))
        return read_schedule(org_id, item) if item is not None else None

    def load(self, schedules: Sequence[ScheduleState]) -> list[ScheduleState]:
        """The same schedules with the text of their templates."""
        if all(schedule.template.text is not None for schedule in schedules):
            return list(schedules)
        return map_together(self._loaded, schedules, min(_READERS, len(schedules)))

    def _loaded(self, schedule: ScheduleState) -> ScheduleState:
        if schedule.template.text is not None:
            return schedule
        parts = self._parts_of(schedule)
        if not parts:
            raise StaleError([schedule.id])
        return replace(schedule, template=replace(schedule.template, text=join(parts)))

    def _parts_of(self, schedule: ScheduleState) -> list[Item]:
        name = schedule.template.ref
        if name is None:
            return []
        spread = keys.template_parts(schedule.org_id, schedule.id, name)
        return query(self._tables.client, in_range(self._tables.keys, spread))

    def save(self, change: ScheduleChange) -> ScheduleState:
        """Write a schedule: one put, or with a template that changes a transaction."""
        mark = new_mark()
        written = write_schedule(_next(change), mark, self._tables.clock.now_ms())
        put = _put_over(self._tables.keys, change.before, written)
        try:
            if written.state.template.ref == change.before.template.ref:
                write(self._tables.client, put, mark)
            else:
                actions = [put, *self._puts(written.parts), *self._deletes(change.before)]
                transact(self._tables.client, lambda: actions)
        except RefusedError as refused:
            raise StaleError([change.before.id]) from refused
        return written.state

    def delete(self, schedule: ScheduleState) -> None:
        """Remove a schedule and its template in one transaction."""
        delete: TransactWriteItemTypeDef = {
            "Delete": {
                "TableName": self._tables.keys,
                "Key": keys.schedule(schedule.org_id, schedule.id),
                "ConditionExpression": "#v = :was",
                "ExpressionAttributeNames": {"#v": REV},
                "ExpressionAttributeValues": {":was": number(schedule.rev)},
            }
        }
        actions = [delete, *self._deletes(schedule)]
        try:
            transact(self._tables.client, lambda: actions)
        except RefusedError as refused:
            raise StaleError([schedule.id]) from refused

    def _puts(self, parts: Sequence[Item]) -> "list[TransactWriteItemTypeDef]":
        return [{"Put": {"TableName": self._tables.keys, "Item": part}} for part in parts]

    def _deletes(self, schedule: ScheduleState) -> "list[TransactWriteItemTypeDef]":
        """Of every part of the schedule's template; none when another writer has removed them, who has changed the schedule too."""
        found = [{"pk": part["pk"], "sk": part["sk"]} for part in self._parts_of(schedule)]
        return [{"Delete": {"TableName": self._tables.keys, "Key": part}} for part in found]

    def rows(
        self, org_id: str, limit: int, after_id: str | None, *, ascending: bool
    ) -> Sequence[ScheduleState]:
        """The first `limit` schedules behind `after_id`, strongly consistent; large templates are unloaded."""
        after = keys.schedule(org_id, after_id) if after_id is not None else None
        request = in_range(self._tables.keys, keys.schedules(org_id), ascending=ascending, after=after)
        return [read_schedule(org_id, item) for item in query(self._tables.client, request, limit)]

    def count(self, org_id: str, at_most: int) -> int:
        """How many schedules there are, counted no further than one over `at_most`."""
        return count_in(self._tables.client, self._tables.keys, keys.schedules(org_id), at_most + 1)

    def due(self, shard: int, until_ms: int) -> list[DueFire]:
        """The next fires of one shard, earliest first; one query when there is none."""
        return due_fires(self._tables, shard, until_ms)


def put_fired(table: str, change: ScheduleChange, now_ms: int) -> "TransactWriteItemTypeDef":
    """A schedule that starts a run, on condition that it is as read; its template stays."""
    return _put_over(table, change.before, write_schedule(_next(change), new_mark(), now_ms))


def _next(change: ScheduleChange) -> ScheduleState:
    return replace(change.after, rev=change.before.rev + 1)


def _put_over(table: str, before: ScheduleState, written: Written) -> "TransactWriteItemTypeDef":
    return {
        "Put": {
            "TableName": table,
            "Item": written.item,
            "ConditionExpression": "#v = :was",
            "ExpressionAttributeNames": {"#v": REV},
            "ExpressionAttributeValues": {":was": number(before.rev)},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }
