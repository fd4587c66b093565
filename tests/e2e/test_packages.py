"""What `make dist` builds installs into a clean environment of every Python that is here, and works there."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import foreman_client
from benchmarks.installed import CACHE, NotMadeError, made_once
from tests.contract.needed import needed
from tests.e2e.processes import ROOT, clean_environment
from tests.e2e.raw_server import RawServer, raw_server

BUILD = "-m hatchling build --directory"
PROBE = Path(__file__).with_name("installed_probe.py")
USERS_TEST = Path(__file__).with_name("installed_user.py")
USABLE = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
HEALTH = {"status": "healthy", "timestamp": "2026-01-01T00:00:00Z", "environment": "dev", "services": {}}


def output(*command: str | Path) -> str:
    """What a command prints that knows nothing of this environment."""
    env = clean_environment() | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    del env["PYTHONPATH"]
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        raise NotMadeError(f"{' '.join(map(str, command))}: {done.stderr.strip()[-2000:]}")
    return done.stdout


def pythons() -> dict[str, Path]:
    """The Pythons on PATH and under pyenv that a user could install the SDK into, one of each minor version."""
    named = (shutil.which(f"python3.{minor}") for minor in range(11, 20))
    pyenv = sorted(Path(os.path.expanduser("~/.pyenv/versions")).glob("3.*/bin/python"))
    found: dict[str, Path] = {}
    for candidate in [Path(sys.executable), *(Path(path) for path in named if path), *pyenv]:
        check = USABLE.replace("sys.exit", "print(*sys.version_info[:2], sep='.'); sys.exit")
        done = subprocess.run([candidate, "-c", check], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            found.setdefault(done.stdout.strip(), candidate)
    return found


PYTHONS = pythons()


def needed_wheels(say: Callable[[str], None]) -> Path:
    """A folder with every wheel that the SDK and its build need on these Pythons, fetched once as any user fetches them."""
    project = tomllib.loads((ROOT / "client" / "pyproject.toml").read_text())
    needs = project["project"]["dependencies"] + project["build-system"]["requires"] + ["pytest"]
    pins = (ROOT / "constraints.txt").read_bytes()
    made_of = hashlib.sha256(pins + repr((needs, sorted(PYTHONS))).encode()).hexdigest()[:12]

    def fetch(folder: Path) -> None:
        say("Fetching what the SDK needs on each Python (once, about a minute)")
        for version in PYTHONS:
            pip: list[str | Path] = [
                sys.executable,
                "-m",
                "pip",
                "download",
                "-q",
                "-d",
                folder,
                "-c",
                ROOT / "constraints.txt",
            ]
            output(*pip, "--python-version", version, "--only-binary=:all:", *needs)

    return made_once(CACHE / f"sdk-wheels-{made_of}", Path.is_dir, fetch)


def what_pytest_says(python: Path, folder: Path) -> str:
    """What pytest prints of a user's test file, in a folder where nothing else lies."""
    folder.mkdir()
    shutil.copy(USERS_TEST, folder / "test_users.py")
    command: list[str | Path] = [
        python,
        *["-I", "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_users.py"],
    ]
    done = subprocess.run(
        command, cwd=folder, env=clean_environment(), capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel and a source distribution, built as `make dist` builds them."""
    folder = tmp_path_factory.mktemp("dist")
    command: list[str | Path] = [sys.executable, *BUILD.split(), folder]
    done = subprocess.run(
        command, cwd=ROOT / "client", env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def service() -> Iterator[RawServer]:
    with raw_server() as server:
        text = json.dumps(HEALTH)
        server.answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode()
        yield server


@pytest.fixture(scope="module")
def said(
    dist: Path, service: RawServer, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> dict[str, list[str]]:
    """By version: what the probe printed after the wheel, and on one also after the source distribution was installed."""
    folder = tmp_path_factory.mktemp("venvs")

    def install(version: str, wheels: Path) -> list[str]:
        venv = folder / version
        output(
            PYTHONS[version], "-m", "venv", "--without-pip", venv
        )  # putting pip into each takes ten seconds
        python = venv / "bin" / "python"
        pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", python, "install", "-q"]
        pip += ["--no-compile", "--no-index", "--find-links", wheels]
        output(*pip, *dist.glob("*.whl"))
        printed = [output(python, "-I", "-W", "error", PROBE, service.endpoint)]
        output(*pip, "pytest")
        printed.append(what_pytest_says(python, folder / f"{version}-tests"))
        if version == next(iter(PYTHONS)):  # what it is built of does not depend on the version
            output(*pip, "--force-reinstall", "--no-deps", *dist.glob("*.tar.gz"))
            printed.append(output(python, "-I", "-W", "error", PROBE, service.endpoint))
        return printed

    def install_all(say: Callable[[str], None]) -> dict[str, list[str]]:
        wheels = needed_wheels(say)
        with ThreadPoolExecutor() as pool:
            outputs = pool.map(lambda version: install(version, wheels), PYTHONS)
            return dict(zip(PYTHONS, outputs, strict=True))

    return needed(request, install_all)


def test_make_dist_builds_them_the_same_way() -> None:
    done = subprocess.run(
        ["make", "-n", "-o", ".venv/.local", "dist"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert f"cd client && ../.venv/bin/python {BUILD} ../dist" in done.stdout, done.stderr


def test_the_wheel_holds_the_packages_and_nothing_else(dist: Path) -> None:
    [wheel] = dist.glob("*.whl")
    with zipfile.ZipFile(wheel) as content:
        tops = {name.split("/")[0] for name in content.namelist()}
    about = f"foreman_client-{foreman_client.__version__}.dist-info"
    assert tops == {"foreman_client", "foreman_contract", "foreman_engine", "foreman_pytest", about}


def test_the_source_distribution_holds_what_the_wheel_is_built_of(dist: Path) -> None:
    [source] = dist.glob("*.tar.gz")
    with tarfile.open(source) as content:
        inside = {"/".join(name.split("/")[1:3]) for name in content.getnames()}
    packages = {"src/foreman_client", "src/foreman_contract", "src/foreman_engine", "src/foreman_pytest"}
    assert packages | {"pyproject.toml", "README.md", "PKG-INFO"} <= inside
    assert {name for name in inside if name.startswith("src/")} == packages


@pytest.mark.parametrize("version", PYTHONS)
def test_it_installs_and_works(said: dict[str, list[str]], version: str) -> None:
    own = foreman_client.__version__
    probed = [printed for printed in said[version] if printed.startswith(own)]
    assert probed == [f"{own} {own} >=3.11 [] healthy healthy\n"] * (len(said[version]) - 1)


@pytest.mark.parametrize("version", PYTHONS)
def test_a_users_test_finds_the_fixture(said: dict[str, list[str]], version: str) -> None:
    """By the entry point of the distribution, with no conftest; and nothing of it needs AWS."""
    assert "3 passed" in said[version][1], said[version][1]
