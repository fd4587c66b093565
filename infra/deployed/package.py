"""Packing the app with Chalice, in a copy of the sources that holds nothing else."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.deployed.bytecode import add_bytecode
from infra.deployed.configuration import Stage
from infra.deployed.gateway_responses import as_sam
from infra.errors import OperatorError

_ROOT: Final = Path(__file__).resolve().parents[2]
_FILES: Final = ("app.py", "requirements.txt")
_OVERLAY: Final = "overlay.yaml"
_FOLDERS: Final = ("chalicelib", "vendor")
_CHALICE: Final = "import sys; from chalice.cli import main; sys.exit(main())"
_SAID_LINES: Final = 8


@dataclass(frozen=True, slots=True)
class Package:
    """What goes to AWS: a SAM template, whose functions name `./deployment.zip`, and that zip."""

    template: Path
    archive: Path

    @property
    def size_bytes(self) -> int:
        """Size of the zip. Lambda takes 250 MB unpacked; every cold start fetches it."""
        return self.archive.stat().st_size


def package(stage: Stage, out: Path, environ: Mapping[str, str]) -> Package:
    """Pack the code of a stage into the folder `out`; the same sources give the same bytes.

    The runtime is Python of the version that packs. `environ` is that of the caller; of it pip needs its settings.

    Raises:
        OperatorError: Chalice or pip failed.
    """
    with tempfile.TemporaryDirectory(prefix="foreman-package-") as folder:
        copy = Path(folder, "app")
        _copy_sources(stage, copy)
        _run_chalice(stage, copy, environ)
        out.mkdir(parents=True, exist_ok=True)
        made = Package(out / "sam.yaml", out / "deployment.zip")
        for path in (made.template, made.archive):
            shutil.copyfile(copy / "out" / path.name, path)
    add_bytecode(made.archive)
    return made


def _copy_sources(stage: Stage, copy: Path) -> None:
    for name in _FOLDERS:  # symlinks become what they point at
        shutil.copytree(_ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    for name in _FILES:
        shutil.copyfile(_ROOT / name, copy / Path(name).name)
    (copy / _OVERLAY).write_text(json.dumps(overlay()))  # JSON is YAML
    settings = copy / ".chalice"
    settings.mkdir()
    base = json.loads((_ROOT / ".chalice/config.json").read_text())
    (settings / "config.json").write_text(json.dumps(stage.configure(base)))
    for policy in (_ROOT / ".chalice").glob("policy-*.json"):
        (settings / policy.name).write_text(stage.fill(policy.read_text()))


def overlay() -> dict[str, Any]:
    """infra/overlay.yaml, with what API Gateway shall answer by itself."""
    import yaml  # comes with Chalice, which nobody else needs at the start of a command

    merged: dict[str, Any] = yaml.safe_load((_ROOT / "infra" / _OVERLAY).read_text())
    merged["Resources"]["RestAPI"] = {"Properties": {"GatewayResponses": as_sam()}}
    return merged


def _run_chalice(stage: Stage, copy: Path, environ: Mapping[str, str]) -> None:
    arguments = ["package", "--stage", stage.name, "--merge-template", _OVERLAY, "out"]
    done = subprocess.run(
        [sys.executable, "-c", _CHALICE, *arguments],
        cwd=copy,
        env=_environment(stage, environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip().splitlines()[-_SAID_LINES:]
        raise OperatorError("Chalice could not pack the app; it said:\n  " + "\n  ".join(said))


def _environment(stage: Stage, environ: Mapping[str, str]) -> dict[str, str]:
    """Without what would show the app other modules, or another stage, than its functions will see."""
    foreign = ("AWS_", "FOREMAN_", "PYTHONPATH")
    kept = {name: value for name, value in environ.items() if not name.startswith(foreign)}
    constraints = _ROOT / "constraints.txt"
    pinned = {"PIP_CONSTRAINT": str(constraints)} if constraints.exists() else {}
    return {**kept, **pinned, "AWS_DEFAULT_REGION": stage.region, "PYTHONDONTWRITEBYTECODE": "1"}
