"""How the keys of the indexes over all runs and tasks of an organization are spelled, here and nowhere else.

Each is spread over 8 partitions by the last digit of the id.

runs    created-index     gpk `{org}#{0-7}`, gsk `{created}#{run id}`
        status-index      hpk `{org}#{status}#{0-7}`, gsk
        started-index     spk `{org}#{0-7}`, ssk `{started}#{run id}`; with the status; sparse
        completed-index   cpk `{org}#{0-7}`, csk `{completed}#{run id}`; with the status; sparse
tasks   created-index     gpk `{org}#{0-7}`, gsk 6 bytes of creation and 16 of id
        ended-index       epk `{org}#{status}#{0-7}`, gsk; sparse: failed and cancelled tasks only
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from chalicelib.adapters.dynamo.attributes import Item, Value, blob, text
from chalicelib.adapters.dynamo.keys import INDEX_PARTITIONS
from foreman_contract.enums import RunStatus, TaskStatus
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import TaskState
from foreman_engine.service.indexes import IndexRow, RunIndex, TaskIndex
from foreman_engine.service.ports import Position

STATUS: Final = "st"
_MS_BYTES: Final = 6


@dataclass(frozen=True, slots=True)
class SpreadIndex:
    """An index to read: its attributes, its partitions, and how a place in it is written and a row of it read."""

    name: str
    partition_key: str
    sort_key: str
    partitions: Sequence[str]
    place: Callable[[Position], Value]
    row: Callable[[Item], IndexRow]


def _partition(uid: str) -> int:
    return int(uid[-1], 16) % INDEX_PARTITIONS


def _spread(*prefix: str) -> list[str]:
    return ["#".join((*prefix, str(number))) for number in range(INDEX_PARTITIONS)]


def _text_place(position: Position) -> Value:
    return text(f"{position.at:015d}#{position.id}")


def _byte_place(position: Position) -> Value:
    return blob(position.at.to_bytes(_MS_BYTES, "big") + UUID(position.id).bytes)


def run_entries(run: RunState) -> Item:
    """The attributes under which the indexes find a run."""
    org, number = run.org_id, _partition(run.id)
    entries: Item = {
        "gpk": text(f"{org}#{number}"),
        "gsk": _text_place(Position(run.created_at, run.id)),
        "hpk": text(f"{org}#{run.status}#{number}"),
    }
    if run.started_at is not None:
        entries |= {"spk": text(f"{org}#{number}"), "ssk": _text_place(Position(run.started_at, run.id))}
    if run.completed_at is not None:
        entries |= {"cpk": text(f"{org}#{number}"), "csk": _text_place(Position(run.completed_at, run.id))}
    return entries


def task_entries(task: TaskState) -> Item:
    """The attributes under which the indexes of an organization find a task."""
    number = _partition(task.id)
    entries: Item = {
        "gpk": text(f"{task.org_id}#{number}"),
        "gsk": _byte_place(Position(task.created_at, task.id)),
    }
    if task.status in (TaskStatus.FAILED, TaskStatus.CANCELLED):
        entries["epk"] = text(f"{task.org_id}#{task.status}#{number}")
    return entries


def run_index(org_id: str, index: RunIndex) -> SpreadIndex:
    """The index that lists runs so.

    Raises:
        ValueError: no index lists those of one status by this time.
    """
    if index.status is not None:
        if index.sort != "created_at":
            raise ValueError("runs of one status are indexed by creation alone")
        return _runs("status-index", "hpk", "gsk", _spread(org_id, index.status))
    match index.sort:
        case "created_at":
            return _runs("created-index", "gpk", "gsk", _spread(org_id))
        case "started_at":
            return _runs("started-index", "spk", "ssk", _spread(org_id))
        case "completed_at":
            return _runs("completed-index", "cpk", "csk", _spread(org_id))


def _runs(name: str, partition_key: str, sort_key: str, partitions: Sequence[str]) -> SpreadIndex:
    def row(item: Item) -> IndexRow:
        at, _, uid = item[sort_key]["S"].partition("#")
        return IndexRow(int(at), uid, RunStatus(item[STATUS]["S"]) if STATUS in item else None)

    return SpreadIndex(name, partition_key, sort_key, partitions, _text_place, row)


def task_index(org_id: str, index: TaskIndex) -> SpreadIndex:
    """The index that lists tasks of an organization so."""
    if index.status is None:
        return SpreadIndex("created-index", "gpk", "gsk", _spread(org_id), _byte_place, _task_row)
    partitions = _spread(org_id, index.status)
    return SpreadIndex("ended-index", "epk", "gsk", partitions, _byte_place, _task_row)


def _task_row(item: Item) -> IndexRow:
    place = bytes(item["gsk"]["B"])
    return IndexRow(int.from_bytes(place[:_MS_BYTES], "big"), str(UUID(bytes=place[_MS_BYTES:])))
