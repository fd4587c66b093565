"""The Chalice project: this repository as it stands, or a copy of it; `configure` writes a stage into either."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from infra.deployed.configuration import Stage
from infra.deployed.record import Record
from infra.errors import OperatorError

ROOT: Final = Path(__file__).resolve().parents[2]
_FILES: Final = ("app.py", "requirements.txt", "infra/overlay.yaml")
_FOLDERS: Final = ("chalicelib", "vendor")

BY_CHALICE: Final[Mapping[str, Any]] = {"environment_variables": {"FOREMAN_WHOLE_BATCHES": "true"}}
"""What a stage needs besides when a plain `chalice deploy` makes it: Chalice cannot ask for partial batch answers."""
BY_FOREMAN: Final[Mapping[str, Any]] = {
    "log_retention_in_days": None,  # Chalice would name the API's log group, and its template's resources, wrongly
    "environment_variables": {"FOREMAN_WHOLE_BATCHES": "false"},
}
"""The same when this program runs Chalice, and sees to log groups and partial batch answers itself."""


def configure(project: Path, stage: Stage, own: Mapping[str, Any]) -> list[Path]:
    """Write the stage into the project's .chalice/: its part of config.json, and its policies. Returns what changed.

    Other stages and keys written by hand are left alone; see Stage.configure.

    Raises:
        OperatorError: the project's configuration cannot be read.
    """
    settings = project / ".chalice"
    base = _read(settings / "config.json")
    files = {settings / "config.json": _text(stage.configure(base, own))}
    for function, function_settings in base["lambda_functions"].items():
        policy = (settings / function_settings["iam_policy_file"]).read_text()
        files[settings / stage.policy_file(function)] = stage.fill(policy)
    return [path for path, text in files.items() if _write(path, text)]


def recall(project: Path, record: Record, stage: str) -> list[Path]:
    """Give Chalice the record of what was made before, so that it updates that and makes nothing twice."""
    path = project / ".chalice" / "deployed" / f"{stage}.json"
    path.parent.mkdir(exist_ok=True)
    return [path] if _write(path, record.to_chalice()) else []


def copy_project(copy: Path) -> None:
    """Copy what Chalice packs, and nothing else that may lie around, into a new folder; symlinks become what they point at."""
    for name in _FOLDERS:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    for name in _FILES:
        shutil.copyfile(ROOT / name, copy / Path(name).name)
    (copy / ".chalice").mkdir()
    for path in (ROOT / ".chalice").glob("*.json"):
        shutil.copyfile(path, copy / ".chalice" / path.name)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        raise OperatorError(f"{path} is missing; restore it from the repository.") from None
    except ValueError as error:
        raise OperatorError(
            f"{path} is no JSON: {error}; mend it or restore it from the repository."
        ) from None
    if not isinstance(found, dict) or "lambda_functions" not in found:
        raise OperatorError(f"{path} has no lambda_functions; restore it from the repository.")
    return found


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2) + "\n"


def _write(path: Path, text: str) -> bool:
    if path.exists() and path.read_text() == text:
        return False
    path.write_text(text)
    return True


def chalice_environment(stage: Stage, environ: Mapping[str, str], *, aws: bool) -> dict[str, str]:
    """`environ` for Chalice: without what would show the app other modules, or another stage, than its functions will see.

    Without `aws` it cannot reach AWS either.
    """
    foreign = ("FOREMAN_", "PYTHONPATH") if aws else ("AWS_", "FOREMAN_", "PYTHONPATH")
    kept = {name: value for name, value in environ.items() if not name.startswith(foreign)}
    constraints = ROOT / "constraints.txt"
    # A URL, because pip takes each word between blanks for a file of its own.
    pinned = {"PIP_CONSTRAINT": constraints.as_uri()} if constraints.exists() else {}
    return {**kept, **pinned, "AWS_DEFAULT_REGION": stage.region, "PYTHONDONTWRITEBYTECODE": "1"}
