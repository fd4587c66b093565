"""Whose process holds a lock: one that runs, and not one that is over and only waits to be noticed."""

import os
import subprocess
import sys
import time

from infra.local.lock import is_alive


def test_a_process_is_alive_until_it_is_killed_whether_or_not_its_parent_has_noticed() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert is_alive(os.getpid())
    assert is_alive(child.pid)
    child.kill()
    if sys.platform == "linux":
        ends_at = time.monotonic() + 10
        while is_alive(child.pid) and time.monotonic() < ends_at:
            time.sleep(0.01)
        assert not is_alive(child.pid)
    child.communicate()
    assert not is_alive(child.pid)
