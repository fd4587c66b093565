"""Links: how an entry is found by its key and by its tags. They lie sorted, so a filter is a few ranges of them.

A link's last part is an entry id, and the places of a sorted walk are links too, whose parts need not exist: the part ""
lies before every id, key and tag, and AFTER_IDS behind every id. Keys and tags have no control characters, so text sorts
as tuples do.
"""

from typing import Final, NamedTuple, TypeVar
from uuid import UUID

AFTER_IDS: Final = "g"
"""Behind every id, whose digits are hexadecimal."""
AFTER_KEYS: Final = "\U0010ffff" * 121
"""Behind every key and tag, which have at most 480 bytes: one character of four bytes more than fit."""
_LAST_CHARACTER: Final = 0x10FFFF
_SURROGATES: Final = range(0xD800, 0xE000)


class Link(NamedTuple):
    """Key and entry."""

    key: str
    entry_id: str


class TagLink(NamedTuple):
    """Tag, key and entry."""

    tag: str
    key: str
    entry_id: str


AnyLink = TypeVar("AnyLink", Link, TagLink)

LAST: Final = Link(AFTER_KEYS, "")
FIRST: Final = Link("", "")


def behind(link: AnyLink, *, ascending: bool) -> AnyLink:
    """The first place behind a link, in walking order."""
    number = UUID(link.entry_id).int + (1 if ascending else -1)
    if number < 0:
        return link._replace(entry_id="")
    if number >= 1 << 128:
        return link._replace(entry_id=AFTER_IDS)
    return link._replace(entry_id=str(UUID(int=number)))


def behind_key(key: str, *, ascending: bool) -> Link:
    """The first place behind every entry of a key, in walking order."""
    return Link(key, AFTER_IDS if ascending else "")


def end_of_prefix(prefix: str) -> str:
    """The first text behind all keys (or tags) that begin with `prefix`."""
    characters = [ord(character) for character in prefix]
    while characters and characters[-1] == _LAST_CHARACTER:
        characters.pop()
    if not characters:
        return AFTER_KEYS
    following = characters[-1] + 1
    characters[-1] = _SURROGATES.stop if following in _SURROGATES else following
    return "".join(map(chr, characters))


def end_of_exact(text: str) -> str:
    """The first text behind exactly this key (or tag): a blank is the smallest character that one may have."""
    return f"{text} "
