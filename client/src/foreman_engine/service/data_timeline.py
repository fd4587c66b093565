"""The entries of a run in the order of creation, without any filter: all of them, or the newest of each key.

The newest of each key can be found in two ways. Along the entries, an entry counts when no newer one has its key: cheap where
keys are seldom written again. Along the links of the keys, jumping from key to key: cheap where there are few keys. A page is
begun in the first way, with a few entries where each has to be asked about, and goes over to the second when most of what it
reads is old.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from foreman_contract import limits
from foreman_engine.domain.links import AFTER_IDS, Link
from foreman_engine.domain.run_data import EntryState
from foreman_engine.service.cursors import Total
from foreman_engine.service.data_rows import Ask, Selection, VanishedError, created_mark, every_newest, found
from foreman_engine.service.link_reader import Meter
from foreman_engine.service.link_walks import MAX_READ_ROWS, Walk, too_broad
from foreman_engine.service.run_data_store import EntryPage

_CHUNK: Final = 100
_FIRST_CHUNK: Final = 25
"""Where each entry has to be asked about, which costs a read unit; the next chunks are larger."""
_WORTH: Final = 4
"""A chunk of which fewer than one in so many entries is a newest one is not worth the next."""


def timeline(ask: Ask) -> Selection:
    """A page of a run's entries by creation."""
    return _newest_page(ask) if ask.plan.newest else _whole_page(ask)


def _whole_page(ask: Ask) -> Selection:
    after_id = ask.mark.id if ask.mark else None
    wanted = ask.page.offset + ask.page.limit + 1
    page = ask.ports.run_data.of_run(
        ask.org_id, ask.run_id, wanted, after_id, ascending=ask.page.ascending
    ).entries[ask.page.offset :]
    shown = page[: ask.page.limit]
    marks = [created_mark(entry.id) for entry in shown]
    return Selection(shown, marks, marks[-1] if len(page) > len(shown) else None, _count(ask))


def _count(ask: Ask) -> Total | None:
    if not ask.counts:
        return None
    walk = Walk(
        ask.ground(ascending=True),
        ask.plan,
        Meter(limits.MAX_COUNTED_ROWS + 1),
        expected=limits.MAX_COUNTED_ROWS,
    )
    rows = len(walk.take(limits.MAX_COUNTED_ROWS + 1))
    return Total(min(rows, limits.MAX_COUNTED_ROWS), at_least=not walk.ended)


@dataclass(slots=True)
class _Along:
    """How far a walk along the entries has come."""

    after_id: str | None
    newest: dict[str, str] = field(default_factory=dict)
    """The newest entry of each key, as far as it is known."""
    rows: list[EntryState] = field(default_factory=list)
    looks: int = 0
    looked_at: int = 0
    ended: bool = False


def _newest_page(ask: Ask) -> Selection:
    wanted = ask.page.offset + ask.page.limit + 1
    total: Total | None = None
    if ask.counts:
        links, total = every_newest(ask)
        if not total.at_least:
            return _from_links(ask, links, total)
    along = _Along(ask.mark.id if ask.mark else None)
    if not _go_along(ask, along, wanted) and total is None:
        links, found_out = every_newest(ask)
        if not found_out.at_least:
            return _from_links(ask, links, None)
    most = MAX_READ_ROWS if ask.page.offset else limits.MAX_FILTERED_ROWS
    while not along.ended and len(along.rows) < wanted and along.looked_at < most:
        _look(ask, along, wanted)
    _look_above(ask, along)
    return _from_along(ask, along, total)


def _from_links(ask: Ask, links: Sequence[Link], total: Total | None) -> Selection:
    ids = sorted((link.entry_id for link in links), reverse=not ask.page.ascending)
    if ask.mark is not None:
        last = ask.mark.id
        ids = [each for each in ids if (each > last if ask.page.ascending else each < last)]
    ids = ids[ask.page.offset :]
    shown = ids[: ask.page.limit]
    tail = created_mark(shown[-1]) if len(ids) > len(shown) else None
    entries = found(ask, shown)
    return Selection(entries, [created_mark(entry.id) for entry in entries], tail, total)


def _go_along(ask: Ask, along: _Along, wanted: int) -> bool:
    """Walk along the entries as long as it is worth it; whether that filled the page."""
    while not along.ended and len(along.rows) < wanted:
        rows_before, looked_before = len(along.rows), along.looked_at
        _look(ask, along, wanted)
        if (len(along.rows) - rows_before) * _WORTH < along.looked_at - looked_before:
            break
    return along.ended or len(along.rows) >= wanted


def _look(ask: Ask, along: _Along, wanted: int) -> None:
    """Look at the next entries, and at the links of keys that were not met before."""
    data, ascending = ask.ports.run_data, ask.page.ascending
    # From the newest entry downwards, the first of a key is its newest: nothing has to be asked.
    known = ask.mark is None and not ascending
    chunk = _CHUNK if known else min(_FIRST_CHUNK + along.looked_at, _CHUNK)
    limit = min(max(wanted - len(along.rows), 1), chunk)
    page = data.of_run(ask.org_id, ask.run_id, limit, along.after_id, ascending=ascending)
    if known:
        for entry in page.entries:
            along.newest.setdefault(entry.key, entry.id)
    unknown = {entry.key for entry in page.entries} - along.newest.keys()
    along.newest.update(data.newest_of(ask.org_id, ask.run_id, unknown) if unknown else {})
    if ascending:
        _as_of_reading(ask, along, page)
    along.rows += [entry for entry in page.entries if along.newest.get(entry.key) == entry.id]
    along.looks += 1
    along.looked_at += max(1, len(page.entries))
    along.after_id = page.entries[-1].id if page.entries else along.after_id
    along.ended = not page.more


def _as_of_reading(ask: Ask, along: _Along, page: EntryPage) -> None:
    """Upwards, an entry may be superseded after it was read and before its key is asked about: it counts as of the reading.

    Raises:
        VanishedError: an entry that was told of before is gone, and the ask is patient.
    """
    end = AFTER_IDS if page.more else page.entries[-1].id if page.entries else ""
    for entry in reversed(page.entries):
        # What lies behind the end of all entries was not there yet.
        if along.newest.get(entry.key, "") > end:
            along.newest[entry.key] = entry.id
    passed = page.entries[-1].id if page.more else AFTER_IDS
    awaited = {each for each in along.newest.values() if (along.after_id or "") < each <= passed}
    if ask.patient and not awaited <= {entry.id for entry in page.entries}:
        raise VanishedError


def _look_above(ask: Ask, along: _Along) -> None:
    """Downwards, what was written above since: the older entry of its key may be gone before the walk came there.

    Raises:
        VanishedError: that is more than one look takes, and the ask is patient.
    """
    if along.looks < 2 or ask.mark is not None or ask.page.ascending:
        return
    top = along.rows[0].id
    page = ask.ports.run_data.of_run(ask.org_id, ask.run_id, _CHUNK, top, ascending=True)
    if page.more and ask.patient:
        raise VanishedError
    fresh = {entry.key: entry for entry in page.entries if entry.key not in along.newest}
    along.rows[:0] = sorted(fresh.values(), key=lambda entry: entry.id, reverse=True)


def _from_along(ask: Ask, along: _Along, total: Total | None) -> Selection:
    if not along.ended and len(along.rows) < ask.page.offset:
        raise too_broad(MAX_READ_ROWS, "rows to read")
    rows = along.rows[ask.page.offset :]
    shown = rows[: ask.page.limit]
    marks = [created_mark(entry.id) for entry in shown]
    if len(rows) > len(shown):
        tail = marks[-1]
    elif along.ended or along.after_id is None:
        tail = None
    else:
        tail = created_mark(along.after_id)
    return Selection(shown, marks, tail, total)
