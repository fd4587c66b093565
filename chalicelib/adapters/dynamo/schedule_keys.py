"""How the keys of schedules are spelled, here and nowhere else. They lie in the keys table.

`{org}#sched`        schedule id        a schedule
`{org}#sched#{id}`   `{random}#{00-}`   a part of its template, where that does not fit the schedule's item
due-index            dpk, dsk as of tasks; only schedules that are not paused carry them
"""

from chalicelib.adapters.dynamo.attributes import Item
from chalicelib.adapters.dynamo.keys import Range, key
from foreman_engine.domain.links import AFTER_IDS


def schedule(org_id: str, schedule_id: str) -> Item:
    """A schedule."""
    return key(f"{org_id}#sched", schedule_id)


def schedules(org_id: str) -> Range:
    """Every schedule of an organization, in the order of their ids."""
    return Range(f"{org_id}#sched", "0", AFTER_IDS)


def schedule_id(item: Item) -> str:
    """The id of the schedule that has this key."""
    return item["sk"]["S"]


def org_id(item: Item) -> str:
    """The organization of the schedule that has this key."""
    return item["pk"]["S"].split("#")[0]


def template_part(org_id: str, schedule_id: str, name: str, number: int) -> Item:
    """One part of a template of a random name."""
    return key(f"{org_id}#sched#{schedule_id}", f"{name}#{number:02d}")


def template_parts(org_id: str, schedule_id: str, name: str) -> Range:
    """The parts of a template of a random name, in order."""
    return Range(f"{org_id}#sched#{schedule_id}", f"{name}#0", f"{name}#{AFTER_IDS}")
