"""Searching run data across the runs of an organization, by indexes that may lag behind writes by a moment."""

from collections.abc import Sequence
from dataclasses import astuple
from typing import Final

from foreman_contract import limits
from foreman_contract.run_data import EntryPage
from foreman_engine.domain.links import AnyLink, behind
from foreman_engine.domain.run_data import EntryState
from foreman_engine.domain.search import Search, key_range, tag_range
from foreman_engine.service import cursors
from foreman_engine.service.cursors import Mark, place_mark
from foreman_engine.service.data_rows import rows_that_fit
from foreman_engine.service.pages import ListQuery, pagination
from foreman_engine.service.ports import Ports
from foreman_engine.service.run_data_store import Hit

_READ_ON: Final = 50
"""Hits to look at when a first look did not fill the page, at least: an entry may have as many tags that match."""


def search_entries(ports: Ports, org_id: str, search: Search, page: ListQuery) -> EntryPage:
    """A page of the entries that match, in the order of the index: by tag, key and id, ascending.

    An entry with several tags that match comes once, at the first of them.

    Raises:
        InvalidCursorError: the cursor is broken or belongs to another query.
    """
    if search.tag is None and search.tag_prefix is None:
        return _page(ports, org_id, search, page, *key_range(search))
    return _page(ports, org_id, search, page, *tag_range(search))


def _page(
    ports: Ports, org_id: str, search: Search, page: ListQuery, low: AnyLink, high: AnyLink
) -> EntryPage:
    scope = cursors.scope_of(org_id, "search", *astuple(search))
    if page.cursor is not None:
        low = _start(scope, page.cursor, low, high)
    found: list[tuple[Hit[AnyLink], EntryState]] = []
    looked_at, more = 0, True
    while more and len(found) < page.limit and looked_at < limits.MAX_FILTERED_ROWS:
        wanted = max(page.limit - len(found), _READ_ON if looked_at else 1)
        hits = ports.run_data.search(org_id, low, high, wanted)
        found += _still_matching(ports, org_id, search, hits)
        looked_at += wanted
        more = len(hits) == wanted
        low = behind(hits[-1].link, ascending=True) if more else low
    if len(found) > page.limit:
        found = found[: page.limit]
        low, more = behind(found[-1][0].link, ascending=True), True
    rows = rows_that_fit(ports, [entry for _, entry in found], patient=False)
    if rows and rows[-1][0].id != found[-1][1].id:
        last = next(hit for hit, entry in found if entry.id == rows[-1][0].id)
        low, more = behind(last.link, ascending=True), True
    cursor = cursors.encode(scope, place_mark(low)) if more else None
    return EntryPage(data=[row for _, row in rows], pagination=pagination(page, next_cursor=cursor))


def _start(scope: str, cursor: str, low: AnyLink, high: AnyLink) -> AnyLink:
    """The place where a cursor goes on, which lies between the ends of the search."""
    mark: Mark = cursors.decode(scope, cursor, texts=len(low) - 1)
    place = low._replace(**dict(zip(low._fields, (*mark.texts, mark.id), strict=True)))
    if not low <= place <= high:
        raise cursors.broken()
    return place


def _still_matching(
    ports: Ports, org_id: str, search: Search, hits: Sequence[Hit[AnyLink]]
) -> list[tuple[Hit[AnyLink], EntryState]]:
    """The hits whose entries still are what the index says."""
    entries = ports.run_data.entries_at(org_id, hits) if hits else {}
    pairs = ((hit, entries.get(hit.link.entry_id)) for hit in hits)
    return [
        (hit, entry)
        for hit, entry in pairs
        if entry is not None and search.matches(hit.link, entry.key, entry.tags)
    ]
