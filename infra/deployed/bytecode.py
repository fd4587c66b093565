"""Bytecode in the zip: the folder of a Lambda function is read-only, so without it every cold start compiles every module."""

import importlib.util
import py_compile
import shutil
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest date that a zip can hold: the same sources give the same bytes."""
_NEVER_IMPORTED: Final = (
    "aws_lambda_powertools/event_handler/",
    "aws_lambda_powertools/utilities/auth_alpha/",
    "aws_lambda_powertools/utilities/data_classes/",
    "aws_lambda_powertools/utilities/idempotency/",
    "aws_lambda_powertools/utilities/parser/",
    "pydantic/v1/",
)
"""Parts of packages that would add a megabyte of bytecode which nothing loads. Their sources stay."""


def add_bytecode(archive: Path) -> int:
    """Compile the modules in the zip for the Python that runs this, and put the bytecode beside them; how many there were.

    Lambda's runtime has the same Python. The bytecode is never checked against its source: inside a function nothing changes.
    A zip that has bytecode already gets none twice.

    Source: PEP 552, unchecked hash-based pycs.
    """
    with (
        TemporaryDirectory(prefix="foreman-bytecode-") as folder,
        ZipFile(archive, "a", ZIP_DEFLATED) as zipped,
    ):
        names = set(zipped.namelist())
        modules = [
            name for name in sorted(names) if name.endswith(".py") and not name.startswith(_NEVER_IMPORTED)
        ]
        left = [name for name in modules if _cached(name) not in names]
        for name in left:
            zipped.writestr(_entry(_cached(name)), _compiled(Path(folder), name, zipped.read(name)))
    return len(left)


def without_bytecode(archive: Path, out: Path) -> None:
    """A copy of the zip as it was before."""
    with ZipFile(archive) as zipped, ZipFile(out, "w", ZIP_DEFLATED) as copy:
        for entry in zipped.infolist():
            if not entry.filename.endswith(".pyc"):
                with zipped.open(entry) as source, copy.open(entry, "w") as target:
                    shutil.copyfileobj(source, target)


def _cached(name: str) -> str:
    """Where the import system looks for a module's bytecode."""
    return PurePosixPath(importlib.util.cache_from_source(name)).as_posix()


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, _EPOCH)
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _compiled(folder: Path, name: str, source: bytes) -> bytes:
    module, bytecode = folder / "module.py", folder / "module.pyc"
    module.write_bytes(source)
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(module), str(bytecode), dfile=name, doraise=True, invalidation_mode=unchecked)
    return bytecode.read_bytes()
