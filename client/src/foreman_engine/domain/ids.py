"""Ids carry their address: from an id alone follows where its record lies, so reading it needs no index.

Run id, a UUIDv7 (RFC 9562): 48 bits of milliseconds, version 7, 12 random bits, variant, 62 random bits. The first 60 free
bits (milliseconds and 12 random) are the run's *address*; a conditional put catches a clash and the service draws again.

Task id, a UUIDv8: the run's 60 address bits in the same places, then 62 bits of its own: 41 of milliseconds since the
run's, 6 of shard, 15 of sequence. Ids of one run sort in the order of creation.

Entry id, a UUIDv7 whose 12 bits behind the milliseconds are a sequence, so that ids of one process never go backwards.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

_VERSION_SHIFT: Final = 76
_VARIANT: Final = 0b10 << 62
_LOW_62: Final = (1 << 62) - 1
_MS_41: Final = (1 << 41) - 1
SEQUENCE_BITS: Final = 15
MAX_SEQUENCE: Final = (1 << SEQUENCE_BITS) - 1


@dataclass(frozen=True, slots=True)
class TaskAddress:
    """Where a task lies: `run` is 15 hex digits (60 bits), `own` 16 hex digits (62 bits); `own` sorts by creation."""

    run: str
    own: str
    shard: int


def _uuid(version: int, high60: int, low62: int) -> str:
    high48, low12 = high60 >> 12, high60 & 0xFFF
    return str(UUID(int=high48 << 80 | version << _VERSION_SHIFT | low12 << 64 | _VARIANT | low62))


def _parts(uid: str) -> tuple[int, int, int] | None:
    """Version, 60 high bits, 62 low bits; None when the variant is not RFC 9562's."""
    number = UUID(uid).int
    if number >> 62 & 0b11 != 0b10:
        return None
    high60 = (number >> 80) << 12 | number >> 64 & 0xFFF
    return number >> _VERSION_SHIFT & 0xF, high60, number & _LOW_62


def make_run_id(now_ms: int, random74: int) -> str:
    """A run id; `random74` gives the 12 bits of the address and the 62 behind it."""
    return _uuid(7, (now_ms & (1 << 48) - 1) << 12 | random74 >> 62 & 0xFFF, random74 & _LOW_62)


def make_entry_id(now_ms: int, sequence: int, random62: int) -> str:
    """A run-data entry id; `sequence` (12 bits) orders the entries of one millisecond."""
    return _uuid(7, (now_ms & (1 << 48) - 1) << 12 | sequence & 0xFFF, random62 & _LOW_62)


def make_task_id(run_id: str, now_ms: int, sequence: int, shard: int = 0) -> str:
    """A task id in run `run_id`; a clock behind the run's counts as the run's own millisecond."""
    parts = _parts(run_id)
    if parts is None or parts[0] != 7:
        raise ValueError("not a run id")
    high60 = parts[1]
    since_ms = max(0, now_ms - (high60 >> 12)) & _MS_41
    return _uuid(8, high60, since_ms << 21 | (shard & 0x3F) << SEQUENCE_BITS | sequence & MAX_SEQUENCE)


def run_address(run_id: str) -> str | None:
    """The 15 hex digits under which the run lies; None when the id cannot be one of ours."""
    parts = _parts(run_id)
    return f"{parts[1]:015x}" if parts is not None and parts[0] == 7 else None


def task_address(task_id: str) -> TaskAddress | None:
    """Where the task lies; None when the id cannot be one of ours."""
    parts = _parts(task_id)
    if parts is None or parts[0] != 8:
        return None
    return TaskAddress(f"{parts[1]:015x}", f"{parts[2]:016x}", parts[2] >> SEQUENCE_BITS & 0x3F)


def task_id_at(run: str, own: str) -> str:
    """The id of the task that lies there; `run` and `own` as in `TaskAddress`."""
    return _uuid(8, int(run, 16), int(own, 16))


def created_ms(uid: str) -> int:
    """When an id of ours was drawn, in epoch milliseconds (for a task, never before its run)."""
    parts = _parts(uid)
    if parts is None:
        raise ValueError("not an id of ours")
    run_ms = parts[1] >> 12
    return run_ms + (parts[2] >> 21) if parts[0] == 8 else run_ms
