"""The port of run data: entries, the links that find them, and the indexes over the links."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol

from foreman_engine.domain.idempotency import IdempotencyRecord
from foreman_engine.domain.links import AnyLink, Link, TagLink
from foreman_engine.domain.run_data import EntryState


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Entries in the asked order; `more` tells whether the walk can go on after the last of them."""

    entries: tuple[EntryState, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Hit(Generic[AnyLink]):
    """A link that was found across runs; `run_address` is where the entry's run lies."""

    run_address: str
    link: AnyLink


class RunDataStore(Protocol):
    """Tagged entries of runs, each with a link from its key and one from each of its tags.

    Every read is strongly consistent, except `search`. What reads an entry gives payloads that may be unloaded.
    """

    def add(self, entry: EntryState, record: IdempotencyRecord | None) -> None:
        """Write the entry with its links, all or nothing.

        Raises:
            AlreadyDoneError: the idempotency record exists.
            IdTakenError: the id exists.
        """

    def retag(self, before: EntryState, after: EntryState) -> None:
        """Write the tags and `updated_at` of `after`, with the links that follow, on condition that the tags are as before.

        Raises:
            StaleError: they are not, or the entry is gone; nothing was written.
        """

    def remove(self, entries: Sequence[EntryState]) -> None:
        """Delete entries of one run with their links, all or nothing, and their payloads; at most 100 entries and links.

        Raises:
            StaleError: `ids` are those that are gone or whose tags changed; nothing was deleted.
        """

    def get(self, org_id: str, run_id: str, entry_ids: Sequence[str]) -> Mapping[str, EntryState]:
        """The entries that exist, by id. At most 1,000 ids."""

    def load(self, entries: Sequence[EntryState]) -> list[EntryState]:
        """The same entries with every payload's text, without those that were deleted meanwhile."""

    def of_run(
        self, org_id: str, run_id: str, limit: int, after_id: str | None, *, ascending: bool
    ) -> EntryPage:
        """All entries of a run in creation order (or the reverse), starting behind `after_id`."""

    def newest_of(self, org_id: str, run_id: str, keys: Collection[str]) -> Mapping[str, str]:
        """The id of the newest entry of each key, without those that have none."""

    def links(
        self, org_id: str, run_id: str, tag: str | None, low: Link, high: Link, limit: int, *, ascending: bool
    ) -> Sequence[Link]:
        """The first `limit` links of all keys, or of one tag, between two places; fewer mean that there are no more."""

    def tag_links(
        self, org_id: str, run_id: str, low: TagLink, high: TagLink, limit: int, *, ascending: bool
    ) -> Sequence[TagLink]:
        """The first `limit` links of all tags between two places; fewer mean that there are no more."""

    def search(self, org_id: str, low: AnyLink, high: AnyLink, limit: int) -> Sequence[Hit[AnyLink]]:
        """The first `limit` links of the organization, of keys or of tags, between two places, ascending. May lag.

        Fewer mean that there are no more.
        """

    def entries_at(self, org_id: str, hits: Sequence[Hit[AnyLink]]) -> Mapping[str, EntryState]:
        """The entries of those hits that still exist, by id."""
