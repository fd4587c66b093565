"""Run data on DynamoDB. Links are items of the same table, read strongly: an index that never lags."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from chalicelib.adapters.dynamo import keys
from chalicelib.adapters.dynamo.attributes import Item
from chalicelib.adapters.dynamo.entry_codec import new_entry, read_entry
from chalicelib.adapters.dynamo.errors import RefusedError
from chalicelib.adapters.dynamo.idempotency import put_record, refuse_done
from chalicelib.adapters.dynamo.payloads import PayloadStore
from chalicelib.adapters.dynamo.reads import batch_get, in_range, query
from chalicelib.adapters.dynamo.tables import Tables
from chalicelib.adapters.dynamo.writes import transact
from foreman_engine.domain.errors import IdTakenError
from foreman_engine.domain.run_data import EntryState
from foreman_engine.service.ports import EntryPage, IdempotencyRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


class DynamoRunDataStore:
    """RunDataStore."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._payloads = PayloadStore(tables.client, tables.run_data, tables.objects)

    def add(self, entry: EntryState, record: IdempotencyRecord | None) -> None:
        """Write entry, key link and tag links in one transaction (at most 53 actions)."""
        item, placed = new_entry(entry)
        self._payloads.write(placed.outside)
        actions = [self._put(item, "attribute_not_exists(pk)"), *map(self._put, _links(entry))]
        if record is not None:
            now = self._tables.clock.now_ms()
            actions.append(put_record(self._tables.keys, entry.org_id, record, now))
        try:
            transact(self._tables.client, lambda: actions)
        except RefusedError as refused:
            if record is not None:
                refuse_done(refused.refusals[-1])
            raise IdTakenError(entry.id) from refused

    def _put(self, item: Item, condition: str | None = None) -> "TransactWriteItemTypeDef":
        if condition is None:
            return {"Put": {"TableName": self._tables.run_data, "Item": item}}
        return {"Put": {"TableName": self._tables.run_data, "Item": item, "ConditionExpression": condition}}

    def get(self, org_id: str, run_id: str, entry_ids: Sequence[str]) -> Mapping[str, EntryState]:
        """The entries that exist, payloads loaded, strongly consistent."""
        wanted = [keys.entry(org_id, run_id, entry_id) for entry_id in entry_ids]
        items = batch_get(self._tables.client, self._tables.run_data, wanted) if wanted else []
        return {entry.id: entry for entry in self._entries(org_id, run_id, items)}

    def of_key(
        self, org_id: str, run_id: str, key: str, limit: int, after_id: str | None, *, ascending: bool
    ) -> EntryPage:
        """The entries of one key in creation order (or the reverse), starting behind `after_id`."""
        after = keys.key_link(org_id, run_id, key, after_id) if after_id is not None else None
        request = in_range(
            self._tables.run_data, keys.key_links(org_id, run_id, key), ascending=ascending, after=after
        )
        links = query(self._tables.client, request, limit + 1)
        ids = [keys.entry_id(link) for link in links[:limit]]
        found = self.get(org_id, run_id, ids)
        return EntryPage(tuple(found[uid] for uid in ids if uid in found), more=len(links) > limit)

    def of_run(
        self, org_id: str, run_id: str, limit: int, after_id: str | None, *, ascending: bool
    ) -> EntryPage:
        """All entries of a run in creation order (or the reverse), starting behind `after_id`."""
        after = keys.entry(org_id, run_id, after_id) if after_id is not None else None
        request = in_range(
            self._tables.run_data, keys.entries(org_id, run_id), ascending=ascending, after=after
        )
        items = query(self._tables.client, request, limit + 1)
        return EntryPage(tuple(self._entries(org_id, run_id, items[:limit])), more=len(items) > limit)

    def _entries(self, org_id: str, run_id: str, items: list[Item]) -> list[EntryState]:
        """The entries in items, loaded; those of another run at the same address are not this run's."""
        entries = [entry for entry in (read_entry(org_id, item) for item in items) if entry.run_id == run_id]
        where = keys.entry_place(org_id, run_id)
        return self._payloads.load(entries, [where] * len(entries))


def _links(entry: EntryState) -> list[Item]:
    return [
        keys.key_link(entry.org_id, entry.run_id, entry.key, entry.id),
        *(keys.tag_link(entry.org_id, entry.run_id, tag, entry.key, entry.id) for tag in entry.tags),
    ]
