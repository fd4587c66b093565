"""How ids of one process stay in order: each is drawn behind the last, also when the clock stands still or steps back."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drawn:
    """The last id's place: its millisecond and its sequence within it."""

    ms: int
    sequence: int


def following(last: Drawn, now_ms: int, start: int, highest: int) -> Drawn:
    """The place behind `last`.

    A new millisecond begins at `start`, which the caller draws from the lower half so that two processes rarely meet and
    plenty is left to count up to `highest`; when a millisecond is used up, the next is used ahead of time.
    """
    if now_ms > last.ms:
        return Drawn(now_ms, start)
    if last.sequence < highest:
        return Drawn(last.ms, last.sequence + 1)
    return Drawn(last.ms + 1, start)
