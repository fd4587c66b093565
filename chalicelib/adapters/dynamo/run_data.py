"""Run data on DynamoDB. Links are items of the same table, read strongly: an index that never lags."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from chalicelib.adapters.dynamo import run_data_keys as keys
from chalicelib.adapters.dynamo.attributes import Item
from chalicelib.adapters.dynamo.entry_actions import delete_actions, put_actions, retag_actions
from chalicelib.adapters.dynamo.entry_codec import new_entry, read_entry
from chalicelib.adapters.dynamo.errors import RefusedError
from chalicelib.adapters.dynamo.idempotency import put_record, refuse_done
from chalicelib.adapters.dynamo.link_reads import newest_of, read_links, search_links
from chalicelib.adapters.dynamo.payloads import PayloadStore
from chalicelib.adapters.dynamo.reads import batch_get, in_range, query
from chalicelib.adapters.dynamo.shelf import Shelf
from chalicelib.adapters.dynamo.tables import Tables
from chalicelib.adapters.dynamo.writes import transact
from foreman_engine.domain.errors import IdTakenError, StaleError
from foreman_engine.domain.idempotency import IdempotencyRecord
from foreman_engine.domain.links import AnyLink, Link, TagLink
from foreman_engine.domain.run_data import EntryState
from foreman_engine.service.run_data_store import EntryPage, Hit

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


class DynamoRunDataStore:
    """RunDataStore."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._payloads = PayloadStore(tables.client, tables.run_data, tables.objects)

    def add(self, entry: EntryState, record: IdempotencyRecord | None) -> None:
        """Write entry, key link and tag links in one transaction (at most 53 actions)."""
        now = self._tables.clock.now_ms()
        item, placed = new_entry(entry, Shelf(now))
        actions = put_actions(self._tables.run_data, entry, item)
        if record is not None:
            actions.append(put_record(self._tables.keys, entry.org_id, record, now))
        try:
            with self._payloads.written(placed.outside):
                self._transact(actions)
        except RefusedError as refused:
            if record is not None:
                refuse_done(refused.refusals[-1])
            raise IdTakenError(entry.id) from refused

    def _transact(self, actions: "Sequence[TransactWriteItemTypeDef]") -> None:
        transact(self._tables.client, lambda: actions)

    def retag(self, before: EntryState, after: EntryState) -> None:
        """Write tags and links in one transaction (at most 91 actions)."""
        try:
            self._transact(retag_actions(self._tables.run_data, before, after))
        except RefusedError as refused:
            raise StaleError([before.id]) from refused

    def remove(self, entries: Sequence[EntryState]) -> None:
        """Delete entries and links in one transaction, then the payloads, which nothing refers to any more."""
        try:
            self._transact(delete_actions(self._tables.run_data, entries))
        except RefusedError as refused:
            judged = zip(entries, refused.refusals, strict=False)
            raise StaleError([entry.id for entry, refusal in judged if refusal.failed]) from refused
        first = entries[0]
        self._payloads.remove(entries, keys.entry_place(first.org_id, first.run_id))

    def get(self, org_id: str, run_id: str, entry_ids: Sequence[str]) -> Mapping[str, EntryState]:
        """The entries that exist, strongly consistent; payloads outside are unloaded."""
        wanted = [keys.entry(org_id, run_id, entry_id) for entry_id in entry_ids]
        items = batch_get(self._tables.client, self._tables.run_data, wanted)
        return {entry.id: entry for entry in _of_run(org_id, run_id, items)}

    def load(self, entries: Sequence[EntryState]) -> list[EntryState]:
        """The same entries with every payload's text, without those that were deleted meanwhile."""
        loaded: list[EntryState] = []
        for (org_id, run_id), group in _by_run(entries).items():
            loaded += self._payloads.load_kept(group, keys.entry_place(org_id, run_id))
        order = {entry.id: at for at, entry in enumerate(entries)}
        return sorted(loaded, key=lambda entry: order[entry.id])

    def of_run(
        self, org_id: str, run_id: str, limit: int, after_id: str | None, *, ascending: bool
    ) -> EntryPage:
        """All entries of a run in creation order (or the reverse), starting behind `after_id`."""
        after = keys.entry(org_id, run_id, after_id) if after_id is not None else None
        request = in_range(
            self._tables.run_data, keys.entries(org_id, run_id), ascending=ascending, after=after
        )
        items = query(self._tables.client, request, limit + 1)
        return EntryPage(tuple(_of_run(org_id, run_id, items[:limit])), more=len(items) > limit)

    def newest_of(self, org_id: str, run_id: str, keys: Collection[str]) -> Mapping[str, str]:
        """The id of the newest entry of each key."""
        return newest_of(self._tables, org_id, run_id, keys)

    def links(
        self, org_id: str, run_id: str, tag: str | None, low: Link, high: Link, limit: int, *, ascending: bool
    ) -> Sequence[Link]:
        """Links of all keys, or of one tag, between two places."""
        span = keys.links(org_id, run_id, tag, low, high)
        return read_links(self._tables, span, Link, limit, ascending=ascending)

    def tag_links(
        self, org_id: str, run_id: str, low: TagLink, high: TagLink, limit: int, *, ascending: bool
    ) -> Sequence[TagLink]:
        """Links of all tags between two places."""
        span = keys.tag_links(org_id, run_id, low, high)
        return read_links(self._tables, span, TagLink, limit, ascending=ascending)

    def search(self, org_id: str, low: AnyLink, high: AnyLink, limit: int) -> Sequence[Hit[AnyLink]]:
        """Links of the organization between two places, by an index. May lag."""
        return search_links(self._tables, org_id, low, high, limit)

    def entries_at(self, org_id: str, hits: Sequence[Hit[AnyLink]]) -> Mapping[str, EntryState]:
        """The entries of those hits that still exist, by id."""
        wanted = [keys.entry_at(org_id, hit.run_address, hit.link.entry_id) for hit in hits]
        items = batch_get(self._tables.client, self._tables.run_data, wanted)
        return {entry.id: entry for entry in (read_entry(org_id, item) for item in items)}


def _of_run(org_id: str, run_id: str, items: Sequence[Item]) -> list[EntryState]:
    """The entries in items; those of another run at the same address are not this run's."""
    return [entry for entry in (read_entry(org_id, item) for item in items) if entry.run_id == run_id]


def _by_run(entries: Sequence[EntryState]) -> dict[tuple[str, str], list[EntryState]]:
    groups: dict[tuple[str, str], list[EntryState]] = {}
    for entry in entries:
        groups.setdefault((entry.org_id, entry.run_id), []).append(entry)
    return groups
