"""Children that end with their parent, however it ends: the parent holds a pipe to their standard input.

When the parent dies, even by SIGKILL, the system closes its end and the child reads end of file. It works on every Unix.
"""

import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_GRACE_S: Final = 6
_GOODBYE: Final = b"goodbye"


def watch_parent(on_end: Callable[[bool], None]) -> None:
    """Call `on_end` once, in a thread of its own: with True when the parent asked for the end, False when it is gone."""

    def wait() -> None:
        said = b""
        while word := os.read(0, 1024):
            said += word
        on_end(said == _GOODBYE)

    threading.Thread(target=wait, name="tether", daemon=True).start()


@contextmanager
def child(
    arguments: Sequence[str],
    env: Mapping[str, str],
    log: Path,
    *,
    keep: Sequence[int] = (),
    stop_s: float = _GRACE_S,
) -> Iterator[subprocess.Popen[bytes]]:
    """A Python child in a session of its own, so that Ctrl-C reaches only this process; its output goes to `log`.

    On leaving, its pipe is closed, which asks it to end, and after `stop_s` seconds it is killed.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env),
            start_new_session=True,
            pass_fds=keep,
        )
    try:
        yield process
    finally:
        _end(process, stop_s)


def _end(process: subprocess.Popen[bytes], stop_s: float) -> None:
    if process.stdin is not None:
        with suppress(BrokenPipeError):
            process.stdin.write(_GOODBYE)
            process.stdin.close()
    try:
        process.wait(stop_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main(script: str, grace_s: float = 5) -> None:
    """Run a script as `__main__`; when the parent is gone it gets SIGTERM, and `grace_s` seconds to act on it."""

    def end(_asked: bool) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Timer(grace_s, os._exit, (1,)).start()

    watch_parent(end)
    sys.argv = [script]
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1])
