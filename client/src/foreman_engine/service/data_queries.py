"""Querying the data of one run. Every read is strong: a task that reads after another has written sees what it wrote."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, replace
from typing import Final

from foreman_contract import limits
from foreman_contract.run_data import EntryPage
from foreman_engine.domain.errors import UnavailableError
from foreman_engine.domain.links import Link
from foreman_engine.domain.query import DataQuery, Order, plan
from foreman_engine.service import cursors
from foreman_engine.service.cursors import Mark, Total, place_mark
from foreman_engine.service.data_rows import (
    Ask,
    Selection,
    VanishedError,
    created_mark,
    every_newest,
    found,
    rows_that_fit,
)
from foreman_engine.service.data_timeline import timeline
from foreman_engine.service.link_reader import Meter
from foreman_engine.service.link_walks import MAX_READ_ROWS, Walk, too_broad
from foreman_engine.service.pages import ListQuery, pagination
from foreman_engine.service.ports import Ports
from foreman_engine.service.runs import read_run

_TRIES: Final = 4
_LONG_PAGE: Final = 200
"""Rows whose first reads are worth a look from the other end."""


def query_entries(ports: Ports, org_id: str, run_id: str, query: DataQuery, page: ListQuery) -> EntryPage:
    """A page of the entries that match, in the asked order.

    Raises:
        NotFoundError: this organization has no such run.
        InvalidCursorError: the cursor is broken or belongs to another query.
        QueryTooBroadError: too many entries match to be sorted by time.
    """
    read_run(ports, org_id, run_id)
    planned = plan(query)
    scope = cursors.scope_of(org_id, "data", run_id, *astuple(query))
    mark = None
    if page.cursor is not None:
        mark = cursors.decode(scope, page.cursor, texts=1 if planned.order is Order.LINKS else 0)
    for tries_left in reversed(range(_TRIES)):
        ask = Ask(ports, org_id, run_id, planned, query.sort_by, page, mark, patient=tries_left > 0)
        try:
            return _answer(ask, scope)
        except VanishedError:
            continue
    raise UnavailableError("The entries are changing too fast to be listed.")


def _answer(ask: Ask, scope: str) -> EntryPage:
    selection = _SELECT[ask.plan.order](ask)
    # Who asks for one key reads it; there is no other way to get at a large value.
    whole = ask.plan.keys.one_key is not None
    rows = rows_that_fit(ask.ports, selection.entries, patient=ask.patient, whole=whole)
    total = ask.mark.total if ask.mark else selection.total
    tail = selection.tail
    if rows and rows[-1][0].id != selection.entries[-1].id:
        cut_at = next(at for at, entry in enumerate(selection.entries) if entry.id == rows[-1][0].id)
        tail = selection.marks[cut_at]
    cursor = cursors.encode(scope, replace(tail, total=total)) if tail else None
    return EntryPage(
        data=[row for _, row in rows], pagination=pagination(ask.page, total, next_cursor=cursor)
    )


def _by_links(ask: Ask) -> Selection:
    """A page in the order of the links themselves."""
    start = Link._make((*ask.mark.texts, ask.mark.id)) if ask.mark else None
    total: Total | None = None
    if ask.plan.newest and ask.page.ascending:
        links, total = _from_above(ask, start)
        if links is not None:
            shown = links[ask.page.offset :][: ask.page.limit]
            more = len(links) > ask.page.offset + len(shown)
            return _linked(ask, shown, _behind(ask, shown[-1]) if shown and more else None, total)
    meter = Meter(_allowed_rows(ask))
    wanted = ask.page.limit + 1
    ground = ask.ground(ascending=ask.page.ascending)
    walk = Walk(ground, ask.plan, meter, start, expected=ask.page.offset + wanted)
    passed = walk.skip(ask.page.offset)
    if passed < ask.page.offset and not walk.ended:
        raise too_broad(MAX_READ_ROWS, "rows to read")
    links = walk.take(wanted)
    shown = links[: ask.page.limit]
    tail = None if walk.ended else place_mark(walk.place)
    if len(links) > len(shown):
        tail = _behind(ask, shown[-1])
    return _linked(ask, shown, tail, total or _counted_on(ask, walk, meter, passed + len(links)))


def _from_above(ask: Ask, start: Link | None) -> tuple[list[Link] | None, Total | None]:
    """The newest match of every key behind `start`, keys ascending, if they are few; and the total, if it is asked for.

    Upwards, the newest of a key takes a second read, downwards the first is enough. So whoever counts them all anyway counts
    them downwards, and a long page looks from above whether it will be the last.
    """
    if ask.counts:
        links, total = every_newest(ask)
        return None if total.at_least else links[::-1], total
    if ask.page.limit < _LONG_PAGE:
        return None, None
    walk = Walk(ask.ground(ascending=False), ask.plan, Meter(_allowed_rows(ask)))
    behind_start: list[Link] = []
    while (taken := walk.take(1)) and taken[0] >= (start or taken[0]):
        if len(behind_start) == ask.page.offset + ask.page.limit:
            return None, None
        behind_start += taken
    return behind_start[::-1] if taken or walk.ended else None, None


def _allowed_rows(ask: Ask) -> int:
    """What no index serves is read in bounded steps, unless all of it is asked for at once."""
    if ask.page.offset or ask.plan.served:
        return MAX_READ_ROWS
    return limits.MAX_COUNTED_ROWS + 1 if ask.counts else limits.MAX_FILTERED_ROWS


def _counted_on(ask: Ask, walk: Walk, meter: Meter, rows: int) -> Total | None:
    """The total, when the walk goes on from `rows` rows until 10,000 were read in all."""
    if not ask.counts:
        return None
    meter.left -= _allowed_rows(ask) - limits.MAX_COUNTED_ROWS - 1
    rows += walk.skip(limits.MAX_COUNTED_ROWS + 1 - rows)
    at_least = rows > limits.MAX_COUNTED_ROWS or not walk.ended
    return Total(min(rows, limits.MAX_COUNTED_ROWS), at_least)


def _behind(ask: Ask, link: Link) -> Mark:
    return place_mark(ask.plan.behind(link, ascending=ask.page.ascending))


def _linked(ask: Ask, links: Sequence[Link], tail: Mark | None, total: Total | None) -> Selection:
    entries = found(ask, [link.entry_id for link in links])
    return Selection(entries, [_behind(ask, Link(entry.key, entry.id)) for entry in entries], tail, total)


def _sorted(ask: Ask) -> Selection:
    """A page of matches that are collected and sorted by time."""
    meter = Meter(MAX_READ_ROWS)
    walk = Walk(ask.ground(ascending=False), ask.plan, meter, expected=limits.MAX_SORTED_MATCHES)
    links = walk.take(limits.MAX_SORTED_MATCHES + 1)
    if len(links) > limits.MAX_SORTED_MATCHES:
        raise too_broad(limits.MAX_SORTED_MATCHES, "matches to sort by time")
    if not walk.ended:
        raise too_broad(MAX_READ_ROWS, "rows to read")
    total = Total(len(links)) if ask.counts else None
    ids = [link.entry_id for link in links]
    if ask.sort_by == "updated_at":
        entries = {entry.id: entry for entry in found(ask, ids)}
        marks = _page_of(ask, [Mark(entry.updated_at, entry.id) for entry in entries.values()])
    else:
        marks = _page_of(ask, [created_mark(each) for each in ids])
        entries = {entry.id: entry for entry in found(ask, [mark.id for mark in marks[: ask.page.limit]])}
    shown = [mark for mark in marks[: ask.page.limit] if mark.id in entries]
    tail = marks[ask.page.limit - 1] if len(marks) > ask.page.limit else None
    return Selection([entries[mark.id] for mark in shown], shown, tail, total)


def _page_of(ask: Ask, marks: list[Mark]) -> list[Mark]:
    """The page, and one more if there is one, of unsorted rows."""
    ascending, last = ask.page.ascending, ask.mark
    if last is not None:
        marks = [
            mark for mark in marks if (_instant(mark) > _instant(last)) == ascending and mark.id != last.id
        ]
    marks.sort(key=_instant, reverse=not ascending)
    return marks[ask.page.offset :][: ask.page.limit + 1]


def _instant(mark: Mark) -> tuple[int, str]:
    return mark.at, mark.id


_SELECT: Final[Mapping[Order, Callable[[Ask], Selection]]] = {
    Order.TIMELINE: timeline,
    Order.LINKS: _by_links,
    Order.SORTED: _sorted,
}
