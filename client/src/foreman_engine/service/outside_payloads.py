"""The port over payloads that lie outside their records, for an operator who looks for those that nobody refers to."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredPayload:
    """A payload, or several that were written together. `at` is when their write began, epoch milliseconds."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Referred:
    """What the records at a run's address refer to; `run_id` is None when there is no run."""

    run_id: str | None
    names: frozenset[str]


class OutsidePayloads(Protocol):
    """Payloads outside their records, by the address of their run (see `domain.ids`): of its own, its tasks', its entries'.

    A name is never used twice, never passes from one record to another, and is referred to only by the write for which it
    was drawn. Every read is strongly consistent.
    """

    def beside(self, org_id: str, address: str) -> Sequence[StoredPayload]:
        """Those in the database, beside the records of one run."""

    def apart(self, org_id: str) -> Iterator[tuple[str, Sequence[StoredPayload]]]:
        """Those of the organization that lie apart from the database, by run address, each address once."""

    def never_created(self, org_id: str) -> Iterator[str]:
        """Addresses without a run, though one with payloads outside was about to be created in the last 30 days."""

    def referred(self, org_id: str, address: str) -> Referred:
        """The names to which the records refer that exist now."""

    def remove(self, org_id: str, address: str, names: Collection[str]) -> None:
        """Remove payloads; one that does not exist is no error."""
