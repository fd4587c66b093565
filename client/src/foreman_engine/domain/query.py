"""A query of run data becomes a plan: which links to walk, and in which order the entries come.

Pure. A plan says nothing of pages; whoever executes it decides how much to read.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from foreman_contract.run_data import EntrySort, TagMode
from foreman_engine.domain.key_filter import EVERY_KEY, KeyFilter, key_filter
from foreman_engine.domain.links import Link, behind, behind_key


@dataclass(frozen=True, slots=True)
class DataQuery:
    """Contract section 7: key filters add up; so do tag filters, of which with `all` each must hold; both restrict each other.

    Without `include_all` only the newest matching entry of each key is wanted.
    """

    key: str | None = None
    keys: tuple[str, ...] = ()
    key_starts_with: tuple[str, ...] = ()
    key_pattern: str | None = None
    tags: tuple[str, ...] = ()
    tag_starts_with: tuple[str, ...] = ()
    tag_mode: TagMode = "any"
    include_all: bool = False
    sort_by: EntrySort = "created_at"
    ascending: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """A tag, or with `prefix` every tag that begins so."""

    tag: str
    prefix: bool = False

    def holds(self, tags: Collection[str]) -> bool:
        """Whether an entry with these tags has it."""
        return any(tag.startswith(self.tag) for tag in tags) if self.prefix else self.tag in tags


Clause: TypeAlias = tuple[Term, ...]
"""Terms of which one must hold."""


class Order(Enum):
    """Where the rows' order comes from."""

    TIMELINE = auto()
    """All entries of the run in the order of creation."""
    LINKS = auto()
    """The links lie in the order that is asked for."""
    SORTED = auto()
    """Every match is collected and sorted."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to walk. Every clause must hold; without any, the links of the keys are walked, else those of the tags."""

    keys: KeyFilter
    clauses: tuple[Clause, ...]
    newest: bool
    order: Order

    @property
    def served(self) -> bool:
        """Whether every link in the ranges matches, so that a page reads no more than itself."""
        return self.keys.pattern is None and len(self.clauses) <= 1

    def matches(self, key: str, tags: Collection[str]) -> bool:
        """Whether an entry matches; which version of its key it is does not matter here."""
        return self.keys.accepts(key) and all(
            any(term.holds(tags) for term in clause) for clause in self.clauses
        )

    def behind(self, link: Link, *, ascending: bool) -> Link:
        """Where a walk goes on that has taken `link`: behind its key, when only the newest is wanted."""
        if self.newest:
            return behind_key(link.key, ascending=ascending)
        return behind(link, ascending=ascending)


def plan(query: DataQuery) -> Plan:
    """How to answer a query."""
    one = () if query.key is None else (query.key,)
    keys = key_filter((*one, *query.keys), query.key_starts_with, query.key_pattern)
    clauses = _clauses(query)
    return Plan(keys or EVERY_KEY, clauses, not query.include_all, _order(query, keys, clauses))


def _clauses(query: DataQuery) -> tuple[Clause, ...]:
    exact = tuple(Term(tag) for tag in dict.fromkeys(query.tags))
    prefixes = tuple(Term(tag, prefix=True) for tag in dict.fromkeys(query.tag_starts_with))
    if query.tag_mode == "all":
        return tuple((term,) for term in (*exact, *prefixes))
    return tuple(clause for clause in (exact, prefixes) if clause)


def _order(query: DataQuery, keys: KeyFilter | None, clauses: tuple[Clause, ...]) -> Order:
    if query.sort_by == "key":
        return Order.LINKS
    if (
        keys is not None
        and keys.one_key is not None
        and (query.sort_by == "created_at" or not query.include_all)
    ):
        # The links of one key lie in the order of creation, and without versions there is one row at most.
        return Order.LINKS
    if keys is None and not clauses and query.sort_by == "created_at":
        return Order.TIMELINE
    return Order.SORTED
