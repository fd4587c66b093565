"""What MiniStack's process leaves behind about its own end, so that the next start can say what was lost.

MiniStack writes its tables and queues as a whole: when it ends in good order, and now and then while it runs.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from infra.clock import local_time
from infra.local.files import read_json, write_private


class End(StrEnum):
    """How a stack ended."""

    OPEN = "open"
    """It is up, or it was killed before it could write."""
    CLEAN = "clean"
    """It was asked to end and saved everything."""
    ORPHANED = "orphaned"
    """Its parent was killed; it noticed and saved everything."""


@dataclass(frozen=True, slots=True)
class Journal:
    """Instants in epoch milliseconds; `saved_at` is the last time that everything was written."""

    end: End
    started_at: int
    saved_at: int

    def write(self, path: Path) -> None:
        """Replace what the file says."""
        write_private(path, asdict(self))


def read_journal(path: Path) -> Journal | None:
    """The last word of the stack before; None when there was none."""
    content = read_json(path)
    if content is None:
        return None
    try:
        return Journal(End(content["end"]), int(content["started_at"]), int(content["saved_at"]))
    except (KeyError, ValueError, TypeError):
        return None


def what_was_lost(journal: Journal | None) -> str | None:
    """One sentence for the person who starts the stack again; None when its last end was in order."""
    if journal is None or journal.end is End.CLEAN:
        return None
    saved = local_time(journal.saved_at)
    if journal.end is End.ORPHANED:
        return f"The last stack was killed; its data was saved at {saved}, so nothing was lost but requests under way."
    return f"The last stack was killed before it could save: everything written after {saved} was lost."
