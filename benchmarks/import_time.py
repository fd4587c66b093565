"""What a cold start imports: `python -m benchmarks.import_time`, or `make bench-import`.

The bundle that goes to Lambda is packed, and `import app` is timed in fresh interpreters that see nothing else, with the bytecode in
the bundle and without. The yardstick is what any such app pays: pydantic and Powertools' Logger alone. The ratio compares
machines; the milliseconds are this one's.
"""

import os
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from zipfile import ZipFile

from infra.deployed.bytecode import without_bytecode
from infra.deployed.command import host_architecture
from infra.deployed.configuration import Stage
from infra.deployed.package import package
from infra.deployed.placeholders import placeholder_outputs

ROUNDS: Final = 15
APP: Final = "import app"
YARDSTICK: Final = "import pydantic; from pydantic import BaseModel; from aws_lambda_powertools import Logger"
_TIMED: Final = """
import sys, time
sys.path.insert(0, sys.argv[1])
began = time.perf_counter()
{what}
print(time.perf_counter() - began)
"""


def import_ms(bundle: Path, what: str) -> float:
    """Milliseconds that an import takes in a fresh interpreter with nothing but the unpacked bundle; nothing is written there."""
    command = [sys.executable, "-I", "-S", "-B", "-c", _TIMED.format(what=what), str(bundle)]
    done = subprocess.run(command, env={}, cwd=bundle, capture_output=True, text=True, check=True)
    return float(done.stdout) * 1000


def _unpacked(archive: Path, folder: Path) -> Path:
    with ZipFile(archive) as zipped:
        zipped.extractall(folder)
    return folder


def main() -> None:
    """Pack, measure, print."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        stage = Stage("bench", placeholder_outputs("bench"), host_architecture())
        made = package(stage, folder / "out", os.environ)  # noqa: TID251 - pip's settings
        plain = folder / "plain.zip"
        without_bytecode(made.archive, plain)
        bundles = {
            f"with bytecode, {made.size_bytes / 1e6:.1f} MB": _unpacked(made.archive, folder / "with"),
            f"without, {plain.stat().st_size / 1e6:.1f} MB": _unpacked(plain, folder / "without"),
        }
        print(f"{'bundle':24}{'app':>10}{'yardstick':>12}{'ratio':>8}")
        for title, bundle in bundles.items():
            pairs = [(import_ms(bundle, APP), import_ms(bundle, YARDSTICK)) for _ in range(ROUNDS)]
            app, yardstick = (statistics.median(times) for times in zip(*pairs, strict=True))
            print(f"{title:24}{app:7.0f} ms{yardstick:9.0f} ms{app / yardstick:8.2f}")


if __name__ == "__main__":
    main()
