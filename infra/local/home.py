"""Where the local stack keeps things: `.foreman/` beside the code, or a folder that goes away with an ephemeral stack."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DEFAULT_HOME: Final = Path(__file__).resolve().parents[2] / ".foreman"
TEMPLATE: Final = Path(__file__).resolve().parents[2] / "template.yaml"
_KEPT_LOGS: Final = 5


@dataclass(frozen=True, slots=True)
class Home:
    """The folder that all stacks of this working copy share."""

    root: Path

    @property
    def dev_file(self) -> Path:
        """What a client of the durable stack needs, its key included (mode 0600)."""
        return self.root / "dev.json"

    @property
    def lock_file(self) -> Path:
        """Held by the durable stack that is up."""
        return self.root / "lock"

    @property
    def stacks(self) -> Path:
        """A file for each stack that is up, without its key."""
        return self.root / "stacks"


@dataclass(frozen=True, slots=True)
class Folders:
    """One stack's folders: `data` is MiniStack's, `logs` for people."""

    data: Path
    logs: Path
    ephemeral: bool

    @property
    def journal(self) -> Path:
        """What MiniStack's process notes about its own end."""
        return self.data / "journal.json"


@contextmanager
def folders(home: Home, *, ephemeral: bool) -> Iterator[Folders]:
    """The folders of a stack, made when absent; an ephemeral stack's data is gone afterwards, its logs stay a while."""
    if not ephemeral:
        yield _made(Folders(home.root / "aws", home.root / "logs", ephemeral=False))
        return
    logs = home.root / "logs" / f"ephemeral-{os.getpid()}"
    _forget_old(home.root / "logs")
    data = Path(tempfile.mkdtemp(prefix="foreman-"))
    try:
        yield _made(Folders(data, logs, ephemeral=True))
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _made(made: Folders) -> Folders:
    for folder in (made.data, made.logs):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return made


def _forget_old(logs: Path) -> None:
    old = sorted(logs.glob("ephemeral-*"), key=lambda folder: folder.stat().st_mtime)
    for folder in old[:-_KEPT_LOGS]:
        shutil.rmtree(folder, ignore_errors=True)
