"""What the query parameters of run data ask for."""

from typing import Final, Literal, cast, get_args

from foreman_contract import limits
from foreman_contract.fields import key_fault
from foreman_contract.run_data import EntrySort, TagMode
from foreman_engine.api.parameters import (
    CURSOR,
    SORT_ORDER,
    TOTAL,
    Choice,
    Flag,
    Id,
    Integer,
    Paging,
    Text,
    Texts,
)
from foreman_engine.api.query import Query, invalid
from foreman_engine.domain.query import DataQuery
from foreman_engine.domain.search import Search
from foreman_engine.service.pages import ListQuery

_COMMAS: Final = "A comma list when given once; given more than once, each value is taken whole, so give a value with a comma twice."
_MANY: Final = f"{_COMMAS} At most {limits.MAX_QUERY_VALUES} distinct values."
_ONE: Final = f"One value. {_COMMAS}"
_DATA_LIMIT: Final = Integer(
    "limit", "Entries of a page.", limits.DEFAULT_DATA_LIMIT, 1, limits.MAX_DATA_LIMIT
)

_KEY: Final = Text("key", "Exactly this key, commas included. Key filters add up (OR).", limits.MAX_KEY_CHARS)
_KEYS: Final = Texts("keys", f"Exactly one of these keys. {_MANY}")
_KEY_STARTS_WITH: Final = Texts("keyStartsWith", f"Beginnings of keys, one of which is enough. {_MANY}")
_KEY_PATTERN: Final = Text(
    "keyPattern",
    "A glob over the whole key: `*` stands for any characters, `?` for one, every other character for itself.",
    limits.MAX_PATTERN_CHARS,
)
_TAGS: Final = Texts("tags", f"Exact tags. Key and tag filters restrict each other (AND). {_MANY}")
_TAG_STARTS_WITH: Final = Texts("tagStartsWith", f"Beginnings of tags; restricts `tags` (AND). {_MANY}")
_TAG_MODE: Final = Choice(
    "tagMode",
    "Whether one value of `tags`, and one of `tagStartsWith`, is enough, or each value must hold.",
    get_args(TagMode),
)
_INCLUDE_ALL: Final = Flag(
    "includeAll", "Every matching entry, not only the newest matching one of each key.", False
)
_SORT_BY: Final = Choice(
    "sortBy",
    f"By time, a key or tag filter may match {limits.MAX_SORTED_MATCHES:,} entries at most; above: `query_too_broad`.",
    get_args(EntrySort),
)
_DATA_PAGE: Final = Paging(
    limit=_DATA_LIMIT,
    cursor=CURSOR,
    offset=Integer("offset", "Entries to pass over.", 0, 0, limits.MAX_OFFSET),
    total=TOTAL,
    sort_by=_SORT_BY,
    sort_order=SORT_ORDER,
)
DATA_PARAMETERS: Final = (
    _KEY,
    _KEYS,
    _KEY_STARTS_WITH,
    _KEY_PATTERN,
    _TAGS,
    _TAG_STARTS_WITH,
    _TAG_MODE,
    _INCLUDE_ALL,
    *_DATA_PAGE.parameters,
)

_ONE_KEY: Final = Text("key", "Exactly this key, commas included.", limits.MAX_KEY_CHARS)
_ONE_KEY_STARTS_WITH: Final = Texts("keyStartsWith", f"A beginning of keys. {_ONE}", 1)
_ONE_TAG: Final = Texts("tags", f"An exact tag; with `keyStartsWith` both must hold. {_ONE}", 1)
_ONE_TAG_STARTS_WITH: Final = Texts("tagStartsWith", f"A beginning of tags. {_ONE}", 1)
_SEARCH_PAGE: Final = Paging(limit=_DATA_LIMIT, cursor=CURSOR)
_SEARCH_FILTERS: Final = (_ONE_KEY, _ONE_KEY_STARTS_WITH, _ONE_TAG, _ONE_TAG_STARTS_WITH)
SEARCH_PARAMETERS: Final = (*_SEARCH_FILTERS, *_SEARCH_PAGE.parameters)
_ONLY_IN_RUNS: Final = [
    parameter.name
    for parameter in DATA_PARAMETERS
    if parameter.name not in {allowed.name for allowed in SEARCH_PARAMETERS}
]
_COMBINATIONS: Final = (
    {"key"},
    {"keyStartsWith"},
    {"tags"},
    {"tagStartsWith"},
    {"tags", "keyStartsWith"},
)

_KEY_TO_DELETE: Final = Text("key", "Every entry of this key, oldest first.", limits.MAX_KEY_CHARS)
_ID_TO_DELETE: Final = Id("id", "The one entry with this id. Give this or `key`, not both.")
DELETE_PARAMETERS: Final = (_KEY_TO_DELETE, _ID_TO_DELETE)


def data_query(query: Query) -> tuple[DataQuery, ListQuery]:
    """A query of one run's data, and its page.

    Raises:
        InvalidError: a parameter is malformed.
    """
    page = query.page(_DATA_PAGE)
    asked = DataQuery(
        key=_text(query, _KEY),
        keys=_texts(query, _KEYS),
        key_starts_with=_texts(query, _KEY_STARTS_WITH),
        key_pattern=_text(query, _KEY_PATTERN),
        tags=_texts(query, _TAGS),
        tag_starts_with=_texts(query, _TAG_STARTS_WITH),
        tag_mode=cast(TagMode, query.choice(_TAG_MODE)),
        include_all=query.flag(_INCLUDE_ALL),
        sort_by=cast(EntrySort, query.choice(_SORT_BY)),
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
    given = [each.name for each in _SEARCH_FILTERS if each.name in query.values]
    if set(given) not in _COMBINATIONS:
        text = "must be given alone: one of key, keyStartsWith, tags and tagStartsWith, or tags with keyStartsWith"
        raise invalid(given[0] if given else "key", text)
    search = Search(
        key=_text(query, _ONE_KEY),
        key_prefix=_one(query, _ONE_KEY_STARTS_WITH),
        tag=_one(query, _ONE_TAG),
        tag_prefix=_one(query, _ONE_TAG_STARTS_WITH),
    )
    return search, query.page(_SEARCH_PAGE)


def key_or_id(query: Query) -> tuple[Literal["key", "id"], str]:
    """Which entries to delete: those of a key, or the one of an id.

    Raises:
        InvalidError: not exactly one of them is given, or it is malformed.
    """
    key, entry_id = _text(query, _KEY_TO_DELETE), query.uuid(_ID_TO_DELETE)
    if key is not None and entry_id is not None:
        raise invalid("id", "cannot be combined with key")
    if entry_id is not None:
        return "id", entry_id
    if key is None:
        raise invalid("key", "or id must be given")
    return "key", key


def _text(query: Query, parameter: Text) -> str | None:
    text = query.text(parameter)
    if text is not None and (fault := key_fault(text, parameter.max_chars or limits.MAX_KEY_CHARS)):
        raise invalid(parameter.name, fault)
    return text


def _texts(query: Query, parameter: Texts) -> tuple[str, ...]:
    values = query.texts(parameter)
    if len(values) > limits.MAX_QUERY_VALUES:
        raise invalid(parameter.name, f"must have at most {limits.MAX_QUERY_VALUES} values")
    for value in values:
        if fault := key_fault(value):
            raise invalid(parameter.name, fault)
    return values


def _one(query: Query, parameter: Texts) -> str | None:
    values = _texts(query, parameter)
    if len(values) > parameter.max_values:
        raise invalid(parameter.name, "must have one value across runs")
    return values[0] if values else None
