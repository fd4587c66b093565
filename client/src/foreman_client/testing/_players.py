"""What is conducted."""

from typing import Protocol


class Player(Protocol):
    """A worker, as far as it is conducted."""

    def prepare(self) -> None:
        """Start, if that has not been done."""

    def report(self, give_up_at: float) -> bool:
        """Report what waits; whether there was anything."""

    def beat(self) -> bool:
        """Send a heartbeat if one is due."""

    def take_one(self) -> bool:
        """Claim and begin at most one task; whether there was one to claim."""

    def next_ms(self) -> int | None:
        """When it can take something next, or must beat."""

    def next_beat_ms(self) -> int | None:
        """When it must beat."""

    @property
    def busy(self) -> int:
        """How many handlers it is in."""

    def tell(self) -> str:
        """The tasks whose handlers run."""
