"""One durable stack per `.foreman/`: a lock that the stack's processes hold as long as any of them may still write."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.errors import OperatorError


@contextmanager
def exclusive(path: Path, wait_s: float) -> Iterator[int]:
    """Hold the lock inside the block; yields the descriptor, which a child that writes data inherits.

    A stack that was killed goes on saving for a moment; such a lock is waited for, `wait_s` seconds at most.

    Raises:
        OperatorError: another stack is up on the same folder.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _acquire(descriptor, path.parent, wait_s)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, folder: Path, wait_s: float) -> None:
    ends_at = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(descriptor, 20, 0).decode()
            if (owner.isdigit() and is_alive(int(owner))) or time.monotonic() > ends_at:
                raise OperatorError(
                    f"Another local stack (process {owner}) is using {folder}; end it first, "
                    "or start this one with --ephemeral."
                ) from None
            time.sleep(0.1)
        else:
            return


def is_alive(pid: int) -> bool:
    """Whether a process of that id runs; one that was killed and not yet waited for by its parent does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Where the system tells. Source: proc(5), `/proc/PID/stat`: the state follows the name in parentheses."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[:1] == ["Z"]
