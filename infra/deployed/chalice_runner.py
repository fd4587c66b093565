"""Chalice at work in a private copy of the sources, with the stage's configuration and nothing stale in it."""

import hashlib
import json
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from infra.deployed.bytecode import add_bytecode
from infra.deployed.configuration import Stage
from infra.deployed.project import BY_FOREMAN, chalice_environment, configure, copy_project
from infra.deployed.record import Record, Resource
from infra.errors import OperatorError

_CHILD: Final = Path(__file__).with_name("chalice_child.py")
_SAID_LINES: Final = 6


@dataclass(frozen=True, slots=True)
class Project:
    """A folder that Chalice works in; gone after the block that made it."""

    folder: Path
    stage: Stage
    environ: Mapping[str, str]

    @property
    def record_file(self) -> Path:
        """Where Chalice looks for what it made before, and writes what it made."""
        return self.folder / ".chalice" / "deployed" / f"{self.stage.name}.json"


@contextmanager
def project(stage: Stage, environ: Mapping[str, str]) -> Iterator[Project]:
    """A private copy of the sources, configured for the stage. `environ` is the caller's, with its AWS settings."""
    with tempfile.TemporaryDirectory(prefix="foreman-deploy-") as folder:
        copy = Path(folder, "app")
        copy_project(copy)
        configure(copy, stage, BY_FOREMAN)
        yield Project(copy, stage, environ)


def pack(made: Project) -> Path:
    """The zip that `deploy` will send, with bytecode.

    Raises:
        OperatorError: Chalice or pip failed.
    """
    lines: list[str] = []
    _run(made, "pack", lines.append)
    archive = Path(lines[-1])
    add_bytecode(archive)  # Chalice knows the zip by the name that its sources gave it, and takes it as it is
    return archive


def deploy(made: Project, before: Record, say: Callable[[str], None]) -> list[Resource]:
    """`chalice deploy`, going on from the record; what there is now.

    Raises:
        OperatorError: Chalice failed; what it made until then is on AWS and in no record.
    """
    _write_record(made, before)
    _run(made, "deploy", say)
    resources: list[Resource] = json.loads(made.record_file.read_text())["resources"]
    return resources


def delete(made: Project, before: Record, say: Callable[[str], None]) -> None:
    """`chalice delete` of everything in the record.

    Raises:
        OperatorError: Chalice failed.
    """
    _write_record(made, before)
    _run(made, "delete", say)


def fingerprint(made: Project, archive: Path) -> str:
    """The same for the same code and configuration, whatever machine packed it."""
    settings = made.folder / ".chalice"
    digest = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    with ZipFile(archive) as zipped:
        digest.update(json.dumps(sorted((each.filename, each.CRC) for each in zipped.infolist())).encode())
    config = json.loads((settings / "config.json").read_text())
    config["stages"] = config["stages"][made.stage.name]
    digest.update(json.dumps(config, sort_keys=True).encode())
    for policy in sorted(settings.glob(f"policy-{made.stage.name}-*.json")):
        digest.update(policy.read_bytes())
    return digest.hexdigest()[:16]


def _write_record(made: Project, record: Record) -> None:
    made.record_file.parent.mkdir(exist_ok=True)
    made.record_file.write_text(record.to_chalice())


def _run(made: Project, action: str, say: Callable[[str], None]) -> None:
    said: deque[str] = deque(maxlen=_SAID_LINES)
    process = subprocess.Popen(
        [sys.executable, "-P", "-u", str(_CHILD), action, made.stage.name],
        cwd=made.folder,
        env=chalice_environment(made.stage, made.environ, aws=True),
        stdin=subprocess.PIPE,  # it ends when this end closes, however we end
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            for line in process.stdout or ():
                said.append(line.rstrip())
                say(line.rstrip())
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        raise OperatorError(f"Chalice could not {action} the code; it said:\n  " + "\n  ".join(said))
