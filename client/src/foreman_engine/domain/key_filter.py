"""Which keys a query wants: exact ones, beginnings and a glob add up to a few ranges of sorted keys."""

import fnmatch
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from foreman_contract import limits
from foreman_engine.domain.links import AFTER_KEYS, Link, end_of_exact, end_of_prefix

_WILD: Final = re.compile(r"[*?]")


class Span(NamedTuple):
    """Keys from `low`, up to and not including `high`."""

    low: str
    high: str


@dataclass(frozen=True, slots=True)
class KeyFilter:
    """A key is wanted when it lies in one of the `spans` (sorted, apart from each other) and `accepts` it."""

    spans: tuple[Span, ...]
    exact: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ("",)
    pattern: re.Pattern[str] | None = None
    """A glob that its span alone does not decide."""

    @property
    def one_key(self) -> str | None:
        """The only key that can match, if it is one."""
        if len(self.exact) != 1 or self.prefixes or self.pattern is not None:
            return None
        return next(iter(self.exact))

    def accepts(self, key: str) -> bool:
        """Whether the key is wanted."""
        if key in self.exact or (self.prefixes and key.startswith(self.prefixes)):
            return True
        return self.pattern is not None and self.pattern.match(key) is not None

    def seek(self, place: Link, *, ascending: bool) -> tuple[Link, Link] | None:
        """The first place at or behind `place` that may match, and the end of its span; None when there is none.

        Both in walking order. The end itself is no link, and seeking on from there finds the next span.
        """
        if ascending:
            at = bisect_right(self.spans, place, key=_end)
            return (
                (max(place, _begin(self.spans[at])), _end(self.spans[at])) if at < len(self.spans) else None
            )
        at = bisect_left(self.spans, place, key=_begin) - 1
        return (min(place, _end(self.spans[at])), _begin(self.spans[at])) if at >= 0 else None


def _begin(span: Span) -> Link:
    return Link(span.low, "")


def _end(span: Span) -> Link:
    return Link(span.high, "")


EVERY_KEY: Final = KeyFilter((Span("", AFTER_KEYS),))


def key_filter(exact: Iterable[str], prefixes: Iterable[str], glob: str | None) -> KeyFilter | None:
    """The filter of keys that are one of `exact`, begin with one of `prefixes`, or match `glob`; None when none is given.

    In a glob `*` stands for any characters and `?` for one; every other character is literal.
    """
    keys, beginnings = set(exact), set(prefixes)
    pattern = None
    ranges: list[Span] = []
    if glob is not None:
        head = _head(glob)
        rest = glob[len(head) :]
        if not rest:
            keys.add(head)
        elif not rest.strip("*"):
            beginnings.add(head)
        else:
            pattern = _compiled(glob)
            ranges.append(Span(head, end_of_prefix(head)))
    if not (keys or beginnings or pattern):
        return None
    ranges += [Span(key, end_of_exact(key)) for key in keys]
    ranges += [Span(prefix, end_of_prefix(prefix)) for prefix in beginnings]
    return KeyFilter(_merged(ranges), frozenset(keys), tuple(sorted(beginnings)), pattern)


def _head(glob: str) -> str:
    """The literal characters that a glob begins with, no more than a key may have."""
    head = _WILD.split(glob, maxsplit=1)[0]
    return head.encode()[: limits.MAX_KEY_BYTES].decode(errors="ignore")


def _compiled(glob: str) -> re.Pattern[str]:
    """The glob as a pattern that takes no more than length times length steps: fnmatch never looks back behind a `*`."""
    return re.compile(fnmatch.translate(glob.replace("[", "[[]")))


def _merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.low <= merged[-1].high:
            merged[-1] = Span(merged[-1].low, max(merged[-1].high, span.high))
        else:
            merged.append(span)
    return tuple(merged)
