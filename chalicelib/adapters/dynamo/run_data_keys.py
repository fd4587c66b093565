"""How the keys of run data are spelled, here and nowhere else.

`{org}#{run}#d`   entry id                   an entry
`{org}#{run}#k`   key SEP entry id           the link from its key
`{org}#{run}#t`   tag SEP key SEP entry id   the link from one of its tags
`{org}#{run}#p`   `p#{random}`               a payload
key-index         kpk `{org}#{0-7}`, sk as in the table; only links of keys carry kpk
tag-index         tpk `{org}#{0-7}`, sk as in the table; only links of tags carry tpk

`{run}` is the run's 60 bits as hex. SEP lies before every character that a key or tag may have, so links sort as tuples do.
"""

from typing import Final, TypeVar

from chalicelib.adapters.dynamo.attributes import Item, text
from chalicelib.adapters.dynamo.keys import INDEX_PARTITIONS, Place, Range, key, payload_items
from foreman_engine.domain.ids import run_address
from foreman_engine.domain.links import AFTER_IDS, AnyLink, Link, TagLink

KEY_INDEX: Final = "key-index"
TAG_INDEX: Final = "tag-index"
_SEP: Final = "\x1f"

_L = TypeVar("_L", Link, TagLink)


def _base(org_id: str, run_id: str) -> str:
    address = run_address(run_id)
    if address is None:
        raise ValueError("not a run id")
    return f"{org_id}#{address}"


def entry(org_id: str, run_id: str, entry_id: str) -> Item:
    """An entry."""
    return key(f"{_base(org_id, run_id)}#d", entry_id)


def entry_at(org_id: str, address: str, entry_id: str) -> Item:
    """An entry of the run at an address."""
    return key(f"{org_id}#{address}#d", entry_id)


def entry_id(item: Item) -> str:
    """The id of an entry."""
    return item["sk"]["S"]


def entries(org_id: str, run_id: str) -> Range:
    """The entries of a run in the order of their ids."""
    return Range(f"{_base(org_id, run_id)}#d", "0", AFTER_IDS)


def entries_at(org_id: str, address: str) -> Range:
    """The entries of the run at an address."""
    return Range(f"{org_id}#{address}#d", "0", AFTER_IDS)


def payload_items_at(org_id: str, address: str) -> Range:
    """The items that hold payloads of the entries of the run at an address."""
    return payload_items(f"{org_id}#{address}#p")


def entry_place(org_id: str, run_id: str) -> Place:
    """Where the payloads of a run's entries lie."""
    return Place(f"{_base(org_id, run_id)}#p", _base(org_id, run_id).replace("#", "/"))


def link(org_id: str, run_id: str, found: Link | TagLink) -> Item:
    """The key of a link."""
    letter = "t" if isinstance(found, TagLink) else "k"
    return key(f"{_base(org_id, run_id)}#{letter}", _SEP.join(found))


def index_key(found: Link | TagLink) -> str:
    """The attribute that partitions the index over links of this kind."""
    return "tpk" if isinstance(found, TagLink) else "kpk"


def indexed(org_id: str, found: Link | TagLink) -> Item:
    """The attribute under which an index finds a link, beside its sort key."""
    return {index_key(found): text(index_partition(org_id, int(found.entry_id[-1], 16) % INDEX_PARTITIONS))}


def index_partition(org_id: str, number: int) -> str:
    """One partition of an organization in an index over links."""
    return f"{org_id}#{number}"


def links(org_id: str, run_id: str, tag: str | None, low: Link, high: Link) -> Range:
    """The links of all keys, or of one tag, between two places."""
    if tag is not None:
        return tag_links(org_id, run_id, TagLink(tag, *low), TagLink(tag, *high))
    return Range(f"{_base(org_id, run_id)}#k", _SEP.join(low), _SEP.join(high))


def tag_links(org_id: str, run_id: str, low: TagLink, high: TagLink) -> Range:
    """The links of all tags between two places."""
    return Range(f"{_base(org_id, run_id)}#t", _SEP.join(low), _SEP.join(high))


def between(low: AnyLink, high: AnyLink) -> tuple[str, str]:
    """The sort keys of two places."""
    return _SEP.join(low), _SEP.join(high)


def read_link(item: Item, kind: type[_L]) -> _L:
    """The link that an item is."""
    return kind._make(item["sk"]["S"].split(_SEP)[-len(kind._fields) :])


def read_address(item: Item) -> str:
    """Where the run of a link lies."""
    return item["pk"]["S"].split("#")[1]
