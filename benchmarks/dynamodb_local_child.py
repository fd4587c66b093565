"""DynamoDB Local's parent process: ends the Java when its own parent asks for it or is gone.

Arguments: the folder to run in, and the command.
"""

import subprocess
import sys

from infra.local.tether import watch_parent


def main(folder: str, command: list[str]) -> int:
    """Run the command until it ends or the parent does; its exit code."""
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL)
    watch_parent(lambda _asked: process.kill())  # it holds everything in memory: there is nothing to save
    return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
