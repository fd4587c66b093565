"""The house rules that no linter knows: sizes, and who reads the environment. Import directions are import-linter's."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for top in ("app.py", "chalicelib", "client/src", "infra", "examples", "benchmarks")
    for path in ([ROOT / top] if top.endswith(".py") else (ROOT / top).rglob("*.py"))
)
MAX_FILE_LINES = 300
MAX_BODY_LINES = 40


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_keep_their_size(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MAX_FILE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if body:
                assert (body[-1].end_lineno or 0) - body[0].lineno < MAX_BODY_LINES, node.name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_the_packages_that_travel_together_are_the_same_code() -> None:
    for name in ("foreman_contract", "foreman_engine"):
        link = ROOT / "vendor" / name
        assert link.is_symlink()
        assert link.resolve() == ROOT / "client" / "src" / name


def test_imports_point_the_way_they_should() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--config", "pyproject.toml"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout
