"""Which links a search across runs walks."""

from dataclasses import dataclass

from foreman_engine.domain.links import AFTER_IDS, Link, TagLink, end_of_exact, end_of_prefix


@dataclass(frozen=True, slots=True)
class Search:
    """One of: a key, a beginning of keys, a tag, a beginning of tags, or a tag with a beginning of keys."""

    key: str | None = None
    key_prefix: str | None = None
    tag: str | None = None
    tag_prefix: str | None = None

    def matches(self, link: Link | TagLink, key: str, tags: tuple[str, ...]) -> bool:
        """Whether an entry still is what its link says, and this is the first of its links that the search walks."""
        if isinstance(link, Link):
            return key == link.key
        if self.tag_prefix is None:
            return key == link.key and link.tag in tags
        return key == link.key and link.tag == min(
            (tag for tag in tags if tag.startswith(self.tag_prefix)), default=None
        )


def key_range(search: Search) -> tuple[Link, Link]:
    """The links of keys to walk, from and to."""
    if search.key is not None:
        return Link(search.key, ""), Link(search.key, AFTER_IDS)
    prefix = search.key_prefix or ""
    return Link(prefix, ""), Link(end_of_prefix(prefix), "")


def tag_range(search: Search) -> tuple[TagLink, TagLink]:
    """The links of tags to walk, from and to."""
    if search.tag is None:
        prefix = search.tag_prefix or ""
        return TagLink(prefix, "", ""), TagLink(end_of_prefix(prefix), "", "")
    if search.key_prefix is None:
        return TagLink(search.tag, "", ""), TagLink(end_of_exact(search.tag), "", "")
    return (
        TagLink(search.tag, search.key_prefix, ""),
        TagLink(search.tag, end_of_prefix(search.key_prefix), ""),
    )
