"""LocalStack's process, under the Python of its own environment: ends, and takes its folder along, when its parent does.

It runs as a file and imports nothing of this repository. The parent holds a pipe to the standard input; when the parent
dies, even by SIGKILL, the system closes it.
"""

import os
import runpy
import shutil
import sys
import threading


def _end_with_parent(folder: str) -> None:
    while os.read(0, 1024):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, args=(sys.argv[1],), daemon=True).start()
    sys.argv = sys.argv[:1]
    runpy.run_module("localstack.runtime.main", run_name="__main__", alter_sys=True)
