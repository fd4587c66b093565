"""Run data as a list that is filtered by hand: what every query must answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from hypothesis import strategies as st

from foreman_contract.run_data import Entry
from foreman_engine.domain.query import DataQuery

# Neighbours in every order: what begins alike, what sorts around the separator, wildcards, the ends of the planes.
KEYS = [
    "a",
    "a ",
    "a!",
    "aa",
    "ab",
    "ab*",
    "a?c",
    "b",
    "[a]",
    "a,b",
    "x/y%20",
    "é",
    "ü😀",
    "\ud7ff",
    "\ue000",
    "\U0010ffff",
]
TAGS = ["t", "t ", "t,u", "tt", "u", "v/%", "😀", "\U0010ffff", "\U0010ffff\U0010ffff"]
BEGINNINGS = ["a", "a ", "ab", "[", "x/", "é", "\ud7ff", "\U0010ffff", "z"]
GLOBS = [
    "*",
    "a*",
    "?",
    "a?",
    "*b",
    "a*b*",
    "[a]",
    "a,?",
    "??",
    "ab",
    "**a**",
    "a\\*",
    "x*%*",
    "z*",
    "\U0010ffff*",
]

keys = st.sampled_from(KEYS) | st.sampled_from(KEYS[:4])
tags = st.lists(st.sampled_from(TAGS), max_size=4, unique=True)


@st.composite
def queries(draw: st.DrawFn) -> DataQuery:
    """Any combination of filters, orders and versions; often without filters of keys, of tags, or of both."""
    some = st.sampled_from
    by_key, by_tag = draw(st.booleans()), draw(st.booleans())
    return DataQuery(
        key=draw(st.none() | some(KEYS)) if by_key else None,
        keys=tuple(draw(st.lists(some(KEYS), max_size=2))) if by_key else (),
        key_starts_with=tuple(draw(st.lists(some(BEGINNINGS), max_size=2))) if by_key else (),
        key_pattern=draw(st.none() | some(GLOBS)) if by_key else None,
        tags=tuple(draw(st.lists(some(TAGS), max_size=2))) if by_tag else (),
        tag_starts_with=tuple(draw(st.lists(some([*TAGS, "z"]), max_size=2))) if by_tag else (),
        tag_mode=draw(some(["any", "all"])),
        include_all=draw(st.booleans()),
        sort_by=draw(some(["created_at", "updated_at", "key"])),
        ascending=draw(st.booleans()),
    )


@cache
def glob_matches(glob: str, key: str) -> bool:
    """`*` any characters, `?` one, all others themselves."""
    if not glob:
        return not key
    if glob[0] == "*":
        return glob_matches(glob[1:], key) or (bool(key) and glob_matches(glob, key[1:]))
    return bool(key) and glob[0] in ("?", key[0]) and glob_matches(glob[1:], key[1:])


def matches(query: DataQuery, key: str, tags: Sequence[str]) -> bool:
    """Contract section 7, word by word."""
    by_key = [
        *([] if query.key is None else [key == query.key]),
        *(key == each for each in query.keys),
        *(key.startswith(each) for each in query.key_starts_with),
        *([] if query.key_pattern is None else [glob_matches(query.key_pattern, key)]),
    ]
    of = any if query.tag_mode == "any" else all
    exact = of([tag in tags for tag in query.tags]) if query.tags else True
    prefixes = [any(tag.startswith(each) for tag in tags) for each in query.tag_starts_with]
    return (any(by_key) if by_key else True) and exact and (of(prefixes) if prefixes else True)


def answer(entries: Sequence[Entry], query: DataQuery) -> list[Entry]:
    """Every row, in order."""
    rows = [entry for entry in entries if matches(query, entry.key, entry.tags)]
    if not query.include_all:
        newest: dict[str, Entry] = {}
        for entry in sorted(rows, key=lambda row: row.id):
            newest[entry.key] = entry
        rows = list(newest.values())
    order: dict[str, Any] = {
        "created_at": lambda row: (row.created_at, row.id),
        "updated_at": lambda row: (row.updated_at, row.id),
        "key": lambda row: (row.key, row.id),
    }
    return sorted(rows, key=order[query.sort_by], reverse=not query.ascending)


@dataclass(frozen=True)
class Step:
    """One change: `which` picks an entry that is there (modulo their number)."""

    kind: str
    which: int = 0
    key: str = "a"
    tags: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    after_ms: int = 0


steps = st.builds(
    Step,
    kind=st.sampled_from(["write", "write", "write", "write", "retag", "delete", "delete key"]),
    which=st.integers(0, 40),
    key=keys,
    tags=tags.map(tuple),
    remove=tags.map(tuple),
    after_ms=st.integers(0, 2),
)
