"""Things from elsewhere that measurements and tests need: made once into `.cache/` beside the code, and used from then on."""

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

CACHE: Final = Path(__file__).parents[1] / ".cache"


class NotMadeError(Exception):
    """Something cannot be had here; the text says why."""


def made_once(home: Path, is_whole: Callable[[Path], bool], make: Callable[[Path], None]) -> Path:
    """`home`; when it is not there or not whole, `make` is called with a new folder, which then gets its place.

    Only a whole folder gets the name, and of several processes one makes it while the others wait.
    What `make` raises goes through, and then nothing is left behind but the lock.
    """
    home.parent.mkdir(parents=True, exist_ok=True)
    with _alone(home.with_name(f"{home.name}.lock")):
        if not is_whole(home):
            _make(home, make)
    return home


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold a lock that the system gives back when this process dies."""
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _make(home: Path, make: Callable[[Path], None]) -> None:
    for left in home.parent.glob(f"{home.name}.new-*"):  # of a process that was killed: nobody else is here
        shutil.rmtree(left)
    new = Path(tempfile.mkdtemp(prefix=f"{home.name}.new-", dir=home.parent))
    try:
        make(new)
        shutil.rmtree(home, ignore_errors=True)
        new.rename(home)
    finally:
        shutil.rmtree(new, ignore_errors=True)
