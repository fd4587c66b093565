"""MiniStack's process: serves on an inherited socket, saves now and then, and ends when its parent does."""

import asyncio
import resource
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any, Final

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack
from ministack.core.persistence import PERSIST_STATE, save_all

from infra.clock import now_ms
from infra.local.home import Folders
from infra.local.journal import End, Journal, read_journal
from infra.local.queue_ages import tell_ages
from infra.local.tether import watch_parent

_SAVE_EVERY_S: Final = 15
_SAVE_SHARE: Final = 50
"""Saving stops the world, so it takes at most one part in fifty of the time."""


class _Traffic:
    """MiniStack's ASGI app, counting what might have changed something."""

    def __init__(self) -> None:
        self.requests = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["method"] != "GET":
            self.requests += 1
        await ministack.app(scope, receive, send)


async def _run(descriptor: int, journal: Path) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    ends: list[End] = []

    def end(asked: bool) -> None:
        ends.append(End.CLEAN if asked else End.ORPHANED)
        loop.call_soon_threadsafe(stop.set)

    watch_parent(end)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    started_at = now_ms()
    Journal(End.OPEN, started_at, _last_saved(journal, started_at)).write(journal)
    traffic, config = _Traffic(), Config()
    config.bind = [f"fd://{descriptor}"]
    config.graceful_timeout = 0.3  # workers hold long polls of 20 s; they come back
    config.keep_alive_timeout = 75
    beside = [
        asyncio.create_task(_save_now_and_then(traffic, journal, started_at)),
        asyncio.create_task(tell_ages()),
    ]
    await serve(traffic, config, shutdown_trigger=stop.wait)
    for task in beside:
        task.cancel()
    Journal(ends[0] if ends else End.CLEAN, started_at, now_ms()).write(journal)


def _last_saved(journal: Path, now: int) -> int:
    before = read_journal(journal)
    return now if before is None else before.saved_at


async def _save_now_and_then(traffic: _Traffic, journal: Path, started_at: int) -> None:
    pause, seen = float(_SAVE_EVERY_S), 0
    while PERSIST_STATE:
        await asyncio.sleep(pause)
        if traffic.requests == seen:
            continue
        seen, began = traffic.requests, time.monotonic()
        save_all(ministack._build_persistence_save_dict())  # what MiniStack itself does on its way out
        Journal(End.OPEN, started_at, now_ms()).write(journal)
        pause = max(_SAVE_EVERY_S, _SAVE_SHARE * (time.monotonic() - began))


def raise_open_files() -> None:
    """Allow as many connections as the system lets a process have; macOS begins with 256."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 if hard == resource.RLIM_INFINITY else min(8192, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main(descriptor: int, data: Path, *, ephemeral: bool) -> None:
    """Serve until the parent closes the pipe, is gone, or sends SIGTERM."""
    raise_open_files()
    folders = Folders(data, data, ephemeral)
    try:
        asyncio.run(_run(descriptor, folders.journal))
    finally:
        if ephemeral:
            shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), ephemeral=sys.argv[3] == "ephemeral")
