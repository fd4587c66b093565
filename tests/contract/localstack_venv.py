"""LocalStack's environment: made once into `.cache/` beside the code, by a Python 3.13, and used from then on."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from benchmarks.installed import CACHE, NotMadeError, made_once

NAME: Final = "localstack-4.14"
REQUIREMENTS: Final = Path(__file__).with_name("localstack-requirements.txt")
CONSTRAINTS: Final = Path(__file__).with_name("localstack-constraints.txt")
_PYENV_VERSIONS: Final = Path.home() / ".pyenv" / "versions"
_PROBE: Final = (
    "import sys, venv, ensurepip; print(sys.executable if sys.version_info[:2] == (3, 13) else '')"
)
_MADE_FROM: Final = "made-from.txt"


def localstack_python(say: Callable[[str], None], cache: Path = CACHE) -> Path:
    """The Python that has LocalStack; its environment is made when there is none, or when what it is made from changed.

    `say` is told before the long part.

    Raises:
        NotMadeError: no Python 3.13 was found, or the packages could not be installed.
    """

    def make(new: Path) -> None:
        python = find_python(interpreters())
        if python is None:
            raise NotMadeError("LocalStack 4.14 needs a Python 3.13, and none was found")
        say(f"Installing LocalStack 4.14 into {cache / NAME} (once, about a minute)")
        _make(python, new)

    return made_once(cache / NAME, _is_whole, make) / "bin" / "python"


def interpreters() -> list[tuple[str, dict[str, str]]]:
    """Commands that may start a Python 3.13, with what their environment needs besides; the likeliest first."""
    found = sorted(_PYENV_VERSIONS.glob("3.13.*/bin/python3.13"), reverse=True)
    return [
        (sys.executable, {}),
        ("python3.13", {}),
        ("python3.13", {"PYENV_VERSION": "3.13.0"}),
        *((str(path), {}) for path in found),
    ]


def find_python(candidates: Sequence[tuple[str, dict[str, str]]]) -> str | None:
    """The path of the first that really runs, is 3.13, and can make environments."""
    for command, extra in candidates:
        try:
            done = subprocess.run(
                [command, "-c", _PROBE], env=_environment(extra), capture_output=True, text=True, check=False
            )
        except OSError:
            continue
        if done.returncode == 0 and done.stdout.strip():
            return done.stdout.strip()
    return None


def _environment(extra: dict[str, str]) -> dict[str, str]:
    """This process's environment without what would lead another Python to this one's packages."""
    base = dict(os.environ)  # noqa: TID251 - for a child
    return {**{name: value for name, value in base.items() if not name.startswith("PYTHON")}, **extra}


def _made_from() -> str:
    return REQUIREMENTS.read_text() + CONSTRAINTS.read_text()


def _is_whole(home: Path) -> bool:
    """Whether the environment is there, of today's requirements, and its interpreter still runs."""
    note = home / _MADE_FROM
    if not note.exists() or note.read_text() != _made_from():
        return False
    return find_python([(str(home / "bin" / "python"), {})]) is not None


def _make(python: str, new: Path) -> None:
    _run(python, "-m", "venv", str(new))
    install = ("-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input")
    _run(str(new / "bin" / "python"), *install, "-c", str(CONSTRAINTS), "-r", str(REQUIREMENTS))
    (new / _MADE_FROM).write_text(_made_from())


def _run(*command: str) -> None:
    done = subprocess.run(command, env=_environment({}), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotMadeError(f"LocalStack 4.14 could not be installed: {done.stderr.strip()[-500:]}")
