"""What the query parameters of run data ask for."""

from typing import Final, Literal, cast, get_args

from chalicelib.api.query import Query, invalid
from foreman_contract import limits
from foreman_contract.fields import key_fault
from foreman_contract.run_data import EntrySort, TagMode
from foreman_engine.domain.query import DataQuery
from foreman_engine.domain.search import Search
from foreman_engine.service.pages import ListQuery

_SEARCH_FILTERS: Final = ("key", "keyStartsWith", "tags", "tagStartsWith")
_ONLY_IN_RUNS: Final = (
    "keys",
    "keyPattern",
    "tagMode",
    "includeAll",
    "sortBy",
    "sortOrder",
    "offset",
)
_COMBINATIONS: Final = (
    {"key"},
    {"keyStartsWith"},
    {"tags"},
    {"tagStartsWith"},
    {"tags", "keyStartsWith"},
)


def data_query(query: Query) -> tuple[DataQuery, ListQuery]:
    """A query of one run's data, and its page.

    Raises:
        InvalidError: a parameter is malformed.
    """
    sorts: tuple[EntrySort, ...] = get_args(EntrySort)
    page = query.page(limits.DEFAULT_DATA_LIMIT, limits.MAX_DATA_LIMIT, sorts, offsets=True)
    asked = DataQuery(
        key=_text(query, "key"),
        keys=_texts(query, "keys"),
        key_starts_with=_texts(query, "keyStartsWith"),
        key_pattern=_text(query, "keyPattern", limits.MAX_PATTERN_CHARS),
        tags=_texts(query, "tags"),
        tag_starts_with=_texts(query, "tagStartsWith"),
        tag_mode=cast(TagMode, query.choice("tagMode", get_args(TagMode))),
        include_all=query.choice("includeAll", ("false", "true")) == "true",
        sort_by=cast(EntrySort, query.choice("sortBy", sorts)),
        ascending=page.ascending,
    )
    return asked, page


def search_query(query: Query) -> tuple[Search, ListQuery]:
    """A search across runs, and its page.

    Raises:
        InvalidError: a parameter is malformed, or the filters are not of a kind that an index serves.
    """
    for name in _ONLY_IN_RUNS:
        if name in query.values:
            raise invalid(name, "cannot be used across runs; ask for the data of one run")
    given = [name for name in _SEARCH_FILTERS if name in query.values]
    if set(given) not in _COMBINATIONS:
        text = "must be given alone: one of key, keyStartsWith, tags and tagStartsWith, or tags with keyStartsWith"
        raise invalid(given[0] if given else "key", text)
    search = Search(
        key=_text(query, "key"),
        key_prefix=_one(query, "keyStartsWith"),
        tag=_one(query, "tags"),
        tag_prefix=_one(query, "tagStartsWith"),
    )
    return search, query.page(limits.DEFAULT_DATA_LIMIT, limits.MAX_DATA_LIMIT)


def key_or_id(query: Query) -> tuple[Literal["key", "id"], str]:
    """Which entries to delete: those of a key, or the one of an id.

    Raises:
        InvalidError: not exactly one of them is given, or it is malformed.
    """
    key, entry_id = _text(query, "key"), query.uuid("id")
    if key is not None and entry_id is not None:
        raise invalid("id", "cannot be combined with key")
    if entry_id is not None:
        return "id", entry_id
    if key is None:
        raise invalid("key", "or id must be given")
    return "key", key


def _text(query: Query, name: str, max_chars: int = limits.MAX_KEY_CHARS) -> str | None:
    text = query.text(name)
    if text is not None and (fault := key_fault(text, max_chars)):
        raise invalid(name, fault)
    return text


def _texts(query: Query, name: str) -> tuple[str, ...]:
    values = query.texts(name)
    if len(values) > limits.MAX_QUERY_VALUES:
        raise invalid(name, f"must have at most {limits.MAX_QUERY_VALUES} values")
    for value in values:
        if fault := key_fault(value):
            raise invalid(name, fault)
    return values


def _one(query: Query, name: str) -> str | None:
    values = _texts(query, name)
    if len(values) > 1:
        raise invalid(name, "must have one value across runs")
    return values[0] if values else None
