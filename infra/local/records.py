"""Which stacks are up: a small file for each, without its key, so that other commands find them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from infra.clock import now_ms
from infra.local.files import read_json, write_private
from infra.local.home import Home
from infra.local.lock import is_alive


@dataclass(frozen=True, slots=True)
class StackRecord:
    """A stack that is up, or was when its process still lived. `started_at` is epoch milliseconds."""

    endpoint: str
    aws_endpoint_url: str
    region: str
    stage: str
    pid: int
    ephemeral: bool
    started_at: int


@contextmanager
def recorded(home: Home, record: StackRecord) -> Iterator[None]:
    """The stack can be found inside the block."""
    home.stacks.mkdir(parents=True, exist_ok=True)
    path = home.stacks / f"{record.pid}.json"
    write_private(path, asdict(record))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def new_record(
    endpoint: str, aws_endpoint_url: str, region: str, stage: str, *, ephemeral: bool
) -> StackRecord:
    """The record of this process's stack."""
    return StackRecord(endpoint, aws_endpoint_url, region, stage, os.getpid(), ephemeral, now_ms())


def stacks_up(home: Home) -> list[StackRecord]:
    """The stacks whose process lives: the durable one first, then the newest; what the dead left behind is removed."""
    found = []
    for path in home.stacks.glob("*.json"):
        record = parse_record(path)
        if record is not None and is_alive(record.pid):
            found.append(record)
        else:
            path.unlink(missing_ok=True)
    return sorted(found, key=lambda record: (record.ephemeral, -record.started_at))


def parse_record(path: Path) -> StackRecord | None:
    """The record in a file; None when it holds something else."""
    content = read_json(path) or {}
    names = [field.name for field in fields(StackRecord)]
    if set(names) != set(content) or not isinstance(content["pid"], int):
        return None
    return StackRecord(**content)
