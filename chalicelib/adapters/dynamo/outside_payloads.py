"""The payloads outside their records, as an operator looks at them: items by query, objects by listing their folders.

A name tells where it lies: `runs p#...`, `tasks p#...`, `run_data p#...` for an item, `o#...` for an object.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from chalicelib.adapters.dynamo import keys, run_data_keys
from chalicelib.adapters.dynamo.attributes import Item
from chalicelib.adapters.dynamo.entry_codec import SHAPE as ENTRY
from chalicelib.adapters.dynamo.keys import INDEX_PARTITIONS, Place, Range
from chalicelib.adapters.dynamo.payload_names import drawn_ms
from chalicelib.adapters.dynamo.reads import batch_get, get, in_range, query_only
from chalicelib.adapters.dynamo.run_codec import SHAPE as RUN
from chalicelib.adapters.dynamo.run_codec import read_run
from chalicelib.adapters.dynamo.shape import Shape
from chalicelib.adapters.dynamo.tables import Tables
from chalicelib.adapters.dynamo.task_codec import SHAPE as TASK
from chalicelib.adapters.dynamo.writes import delete_all
from foreman_engine.service.outside_payloads import Referred, StoredPayload

_OBJECT: Final = re.compile(r"[^/]+/(?P<address>[0-9a-f]{15})/(?P<name>[^/]+)")
_TOGETHER: Final = 100


@dataclass(frozen=True, slots=True)
class _Part:
    """One kind of record: its table, where its payload items lie, where its records, and how they are spelled."""

    kind: str
    table: str
    payloads: Range
    records: Range
    shape: Shape


class DynamoOutsidePayloads:
    """OutsidePayloads."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def beside(self, org_id: str, address: str) -> Sequence[StoredPayload]:
        """The payload items in the partitions of a run."""
        found = (
            (part, item["sk"]["S"]) for part in self._parts(org_id, address) for item in self._items(part)
        )
        stored = (
            (_item_name(part, sk), drawn_ms(sk.removeprefix(keys.payload_item("")))) for part, sk in found
        )
        return [StoredPayload(name, at) for name, at in stored if at is not None]

    def _items(self, part: _Part) -> Iterator[Item]:
        return query_only(self._tables.client, in_range(part.table, part.payloads), "pk", "sk")

    def apart(self, org_id: str) -> Iterator[tuple[str, Sequence[StoredPayload]]]:
        """The payload objects of the organization; what is in its folder but is none of ours is passed over."""
        found = (_OBJECT.fullmatch(key) for key in self._tables.objects.keys(f"{org_id}/"))
        ours = (match for match in found if match is not None)
        for address, matches in groupby(ours, lambda match: match["address"]):
            stored = ((match["name"], drawn_ms(match["name"])) for match in matches)
            yield (
                address,
                [StoredPayload(keys.payload_object(name), at) for name, at in stored if at is not None],
            )

    def never_created(self, org_id: str) -> Iterator[str]:
        """Addresses of notes without a run."""
        for number in range(INDEX_PARTITIONS):
            span = in_range(self._tables.keys, keys.coming_runs(org_id, number))
            noted = [keys.address_in(note) for note in query_only(self._tables.client, span, "sk")]
            for start in range(0, len(noted), _TOGETHER):
                some = noted[start : start + _TOGETHER]
                there = self._runs_at(org_id, some)
                yield from (address for address in some if address not in there)

    def _runs_at(self, org_id: str, addresses: Collection[str]) -> set[str]:
        wanted = [keys.run_at(org_id, address) for address in addresses]
        found = batch_get(self._tables.client, self._tables.runs, wanted)
        return {keys.address_of(item) for item in found}

    def referred(self, org_id: str, address: str) -> Referred:
        """What run, tasks and entries refer to. Whatever lies at the address counts, the run that is there or not."""
        run = get(self._tables.client, self._tables.runs, keys.run_at(org_id, address))
        names = frozenset(name for part in self._parts(org_id, address) for name in self._names(part))
        return Referred(read_run(org_id, run).id if run is not None else None, names)

    def _names(self, part: _Part) -> Iterator[str]:
        records = in_range(part.table, part.records)
        for record in query_only(self._tables.client, records, *part.shape.payloads.values()):
            for value in record.values():
                if "S" in value:
                    yield _name(part, value["S"])

    def remove(self, org_id: str, address: str, names: Collection[str]) -> None:
        """Delete items, then objects."""
        for part in self._parts(org_id, address):
            items = [name.split(" ")[1] for name in names if name.startswith(f"{part.kind} ")]
            wanted = [keys.key(part.payloads.pk, sk) for sk in items]
            delete_all(self._tables.client, part.table, wanted)
        place = Place("", f"{org_id}/{address}")
        paths = (keys.object_path(place, name) for name in names)
        for path in paths:
            if path is not None:
                self._tables.objects.delete(path)

    def _parts(self, org_id: str, address: str) -> tuple[_Part, ...]:
        run = keys.run_at(org_id, address)
        pk, sk = run["pk"]["S"], run["sk"]["S"]
        items = keys.payload_items(pk)
        entries = run_data_keys.entries_at(org_id, address)
        entry_items = run_data_keys.payload_items_at(org_id, address)
        return (
            _Part("runs", self._tables.runs, items, Range(pk, sk, sk), RUN),
            _Part("tasks", self._tables.tasks, items, keys.tasks_at(org_id, address), TASK),
            _Part("run_data", self._tables.run_data, entry_items, entries, ENTRY),
        )


def _item_name(part: _Part, sk: str) -> str:
    return f"{part.kind} {sk}"


def _name(part: _Part, ref: str) -> str:
    is_object = keys.object_path(Place("", ""), ref) is not None
    return ref if is_object else _item_name(part, keys.payload_name(ref))
