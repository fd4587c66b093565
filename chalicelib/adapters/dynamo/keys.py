"""How every key is spelled, here and nowhere else. A key begins with the organization, whose id has no `#`.

runs       `{org}#{run}`            `#run`, `#c#00`-`#c#15` (counters of ends), `p#{random}` (payloads: `b`, `b1`, ...)
tasks      `{org}#{run}`            `t#{own}`, `p#{random}`; `{org}#{run}#{shard}` for shards above 0
           `{org}#{run}#e#{own}`    `{own}` of a task that depends on the one in the partition: an edge
           `{org}#{run}#c#{own}`    `{own}` of a child of the task in the partition
           due-index                dpk `due#{0-3}`, dsk `{due}#{task id}`: spans all organizations, only for the sweep
run_data   see run_data_keys.py; schedules, in the keys table: schedule_keys.py
keys       `{org}#keys`             hash of an API key
           `{org}#idem#{scope}`     `-`
           `{org}#rate#{hash}`      `{seconds}#{number}`: a rate window of an API key
           `{org}#new#{0-7}`        `{run}`, while it may be about to be created with payloads outside its records
           `#orgs`                  organization: the one key that does not begin with it, for the operator's lists

The indexes over all runs and tasks of an organization: see index_keys.py. `{run}` is the run's 60 bits as hex, `{own}` the task's own 62.
"""

import zlib
from dataclasses import dataclass
from typing import Final

from chalicelib.adapters.dynamo.attributes import Item, text
from foreman_engine.domain.ids import TaskAddress, run_address, task_address, task_id_at
from foreman_engine.service.ports import DUE_SHARDS

DUE_INDEX: Final = "due-index"
INDEX_PARTITIONS: Final = 8
COUNTERS: Final = 16
EXPIRES_AT: Final = "expiresAt"
"""The TTL attribute of the keys table, epoch seconds."""
_AFTER_HEX: Final = "g"
_OBJECT_MARK: Final = "o#"
_NUMBER_MARK: Final = "~"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the payloads of a record lie: items of a partition, or objects of a folder."""

    pk: str
    folder: str


@dataclass(frozen=True, slots=True)
class Range:
    """The sort keys of one partition from `low` to `high`, both included."""

    pk: str
    low: str
    high: str


def key(pk: str, sk: str) -> Item:
    """The key of an item."""
    return {"pk": text(pk), "sk": text(sk)}


def _run(run_id: str) -> str:
    address = run_address(run_id)
    if address is None:
        raise ValueError("not a run id")
    return address


def _task(task_id: str) -> TaskAddress:
    address = task_address(task_id)
    if address is None:
        raise ValueError("not a task id")
    return address


def run(org_id: str, run_id: str) -> Item:
    """A run."""
    return key(f"{org_id}#{_run(run_id)}", "#run")


def is_run(item: Item) -> bool:
    """Whether an item of the runs table is the run itself."""
    return item["sk"]["S"] == "#run"


def run_at(org_id: str, address: str) -> Item:
    """The run at an address."""
    return key(f"{org_id}#{address}", "#run")


def coming_run(org_id: str, run_id: str) -> Item:
    """The note that a run may be about to be created with payloads outside its records."""
    address = _run(run_id)
    return key(f"{org_id}#new#{int(address[-1], 16) % INDEX_PARTITIONS}", address)


def coming_runs(org_id: str, number: int) -> Range:
    """One partition of such notes."""
    return Range(f"{org_id}#new#{number}", "0", _AFTER_HEX)


def address_of(run: Item) -> str:
    """The address at which a run lies."""
    return run["pk"]["S"].split("#")[1]


def address_in(note: Item) -> str:
    """The address of the run that a note is about."""
    return note["sk"]["S"]


def counter(org_id: str, run_id: str, number: int) -> Item:
    """One of the counters of ends of a run."""
    return key(f"{org_id}#{_run(run_id)}", f"#c#{number:02d}")


def counters(org_id: str, run_id: str) -> Range:
    """All counters of a run."""
    return Range(f"{org_id}#{_run(run_id)}", "#c#00", f"#c#{COUNTERS - 1:02d}")


def run_and_counters(org_id: str, run_id: str) -> Range:
    """A run together with its counters."""
    return Range(f"{org_id}#{_run(run_id)}", "#c#00", "#run")


def run_place(org_id: str, run_id: str) -> Place:
    """Where a run's payloads lie."""
    return Place(f"{org_id}#{_run(run_id)}", f"{org_id}/{_run(run_id)}")


def _task_pk(org_id: str, address: TaskAddress) -> str:
    shard = f"#{address.shard}" if address.shard else ""
    return f"{org_id}#{address.run}{shard}"


def task(org_id: str, task_id: str) -> Item:
    """A task."""
    address = _task(task_id)
    return key(_task_pk(org_id, address), f"t#{address.own}")


def task_in(org_id: str, run_id: str, task_id: str) -> Item:
    """Where a task stands among those of a run in shard 0, whether or not it is one of them."""
    return key(tasks(org_id, run_id).pk, f"t#{_task(task_id).own}")


def edge(org_id: str, parent_id: str, child_id: str) -> Item:
    """The edge from a task to one that depends on it."""
    return key(edges(org_id, parent_id).pk, _task(child_id).own)


def edges(org_id: str, parent_id: str) -> Range:
    """The edges from a task to those that depend on it, in the order of their ids."""
    address = _task(parent_id)
    return Range(f"{org_id}#{address.run}#e#{address.own}", "0", _AFTER_HEX)


def child(org_id: str, parent_id: str, child_id: str) -> Item:
    """The note beside a task that another is its child."""
    return key(children(org_id, parent_id).pk, _task(child_id).own)


def children(org_id: str, parent_id: str) -> Range:
    """The children of a task, in the order of their ids."""
    address = _task(parent_id)
    return Range(f"{org_id}#{address.run}#c#{address.own}", "0", _AFTER_HEX)


def child_id(edge: Item) -> str:
    """The id of the task that an edge, or a note of a child, leads to."""
    return task_id_at(edge["pk"]["S"].split("#")[1], edge["sk"]["S"])


def task_id(key: Item) -> str:
    """The id of the task that has this key."""
    return task_id_at(key["pk"]["S"].split("#")[1], key["sk"]["S"].removeprefix("t#"))


def task_org_id(key: Item) -> str:
    """The organization of the task that has this key."""
    return key["pk"]["S"].split("#")[0]


def due_entry(due_ms: int, uid: str) -> Item:
    """The attributes under which the due-index of its table finds a task or a schedule."""
    shard = zlib.crc32(uid.encode()) % DUE_SHARDS
    return {"dpk": text(due_shard(shard)), "dsk": text(f"{due_position(due_ms)}#{uid}")}


def due_shard(number: int) -> str:
    """One partition of a due-index."""
    return f"due#{number}"


def due_position(due_ms: int) -> str:
    """Where in a due-index an instant begins: before everything that is due then, behind everything earlier."""
    return f"{due_ms:015d}"


def due_at(item: Item) -> int:
    """When what an index entry leads to is due, epoch milliseconds."""
    return int(item["dsk"]["S"].split("#")[0])


def tasks(org_id: str, run_id: str) -> Range:
    """The tasks of a run in shard 0, in the order of their ids."""
    return tasks_at(org_id, _run(run_id))


def tasks_at(org_id: str, address: str) -> Range:
    """The tasks in shard 0 of the run at an address."""
    return Range(f"{org_id}#{address}", "t#", f"t#{_AFTER_HEX}")


def task_place(org_id: str, task_id: str) -> Place:
    """Where a task's payloads lie."""
    address = _task(task_id)
    return Place(_task_pk(org_id, address), f"{org_id}/{address.run}")


def payload_item(name: str, number: int = 0) -> str:
    """The reference to one of the payloads in an item of a random name: the item's sort key, and behind the first its number."""
    return f"p#{name}{_NUMBER_MARK}{number}" if number else f"p#{name}"


def payload_object(name: str) -> str:
    """The reference to a payload object of a random name."""
    return f"{_OBJECT_MARK}{name}"


def object_path(place: Place, ref: str) -> str | None:
    """The path in the bucket that a reference names; None when it names an item."""
    return f"{place.folder}/{ref.removeprefix(_OBJECT_MARK)}" if ref.startswith(_OBJECT_MARK) else None


def payload(place: Place, ref: str) -> Item:
    """The item that holds a payload."""
    return key(place.pk, payload_name(ref))


def payload_name(ref: str) -> str:
    """What a reference names: an item, which may hold others as well, or an object."""
    return ref.partition(_NUMBER_MARK)[0]


def payload_items(pk: str) -> Range:
    """The items of a partition that hold payloads."""
    return Range(pk, payload_item(""), payload_item(_NUMBER_MARK))


def payload_attribute(ref: str) -> str:
    """The attribute of its item that holds a payload."""
    return f"b{ref.partition(_NUMBER_MARK)[2]}"


def api_key(org_id: str, key_hash: str) -> Item:
    """An API key."""
    return key(f"{org_id}#keys", key_hash)


def api_key_hash(item: Item) -> str:
    """The hash of the API key in an item."""
    return item["sk"]["S"]


def api_keys(org_id: str) -> Range:
    """Every API key of an organization."""
    return Range(f"{org_id}#keys", "0", _AFTER_HEX)


def organization(org_id: str) -> Item:
    """An organization's entry in the list of all."""
    return key("#orgs", org_id)


def organization_id(item: Item) -> str:
    """The organization that an item of the list is about."""
    return item["sk"]["S"]


def organizations() -> Range:
    """The list of all organizations."""
    return Range("#orgs", "-", "~")


def idempotency(org_id: str, scope: str) -> Item:
    """The record of a request with an idempotency key."""
    return key(f"{org_id}#idem#{scope}", "-")


def rate_window(org_id: str, key_hash: str, window_s: int, number: int) -> Item:
    """One of the rate windows of an API key."""
    return key(f"{org_id}#rate#{key_hash}", f"{window_s}#{number:012d}")


def rate_window_number(item: Item) -> int:
    """The number of the rate window in an item."""
    return int(item["sk"]["S"].partition("#")[2])


def rate_windows(org_id: str, key_hash: str, window_s: int) -> Range:
    """The rate windows of an API key that are so long, in the order of their numbers."""
    return Range(f"{org_id}#rate#{key_hash}", f"{window_s}#0", f"{window_s}#~")
