"""What goes to Lambda: everything that the app needs, and nothing of the operator's or the SDK's."""

import os
import re
import struct
import subprocess
import sys
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml

from infra.deployed.bytecode import add_bytecode, without_bytecode
from infra.deployed.command import host_architecture
from infra.deployed.configuration import Stage
from infra.deployed.gateway_responses import as_sam
from infra.deployed.names import expected_outputs
from infra.deployed.package import Package, package

MAX_BYTES = 7_000_000
OURS = {"app.py", "chalicelib", "foreman_contract", "foreman_engine"}
THEIRS = {
    "annotated_types",
    "aws_lambda_powertools",
    "cachetools",
    "chalice",
    "cronsim",
    "jmespath",
    "pydantic",
    "pydantic_core",
    "tzdata",
    "typing_extensions.py",
    "typing_inspection",
}
HEAVY = {
    "asyncio",
    "boto3",
    "botocore",
    "click",
    "concurrent",
    "email",
    "foreman_client",
    "html",
    "http",
    "httpx",
    "infra",
    "multiprocessing",
    "s3transfer",
    "sqlite3",
    "ssl",
    "tempfile",
    "unittest",
    "xml",
    "xmlrpc",
    "yaml",
}
"""What costs a cold start more than it gives: the AWS SDK is loaded when the first request needs it."""
EVERYWHERE = {"cloudwatch:GetMetricData", "sqs:ListQueues"}
"""What IAM allows for a whole account or not at all; both only read, and neither shows a message."""
ROOT = Path(__file__).parents[2]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the wheels in the bundle are Linux's")
IMPORT = """
import sys
sys.path.insert(0, sys.argv[1])
import app, chalicelib.events.work_queue
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
WITHOUT_BYTECODE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import app
files = [(module.__file__, module.__cached__) for module in sys.modules.values() if getattr(module, "__cached__", None)]
print(*(file for file, cached in files if file.startswith(sys.argv[1]) and not Path(cached).exists()))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Package:
    stage = Stage("prod", expected_outputs("prod", "123456789012", "eu-west-1", "aws"), host_architecture())
    return package(stage, tmp_path_factory.mktemp("package"), os.environ)  # noqa: TID251 - pip's settings


@pytest.fixture(scope="module")
def unpacked(made: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with ZipFile(made.archive) as archive:
        archive.extractall(folder)
    return folder


def names_of(made: Package) -> list[str]:
    with ZipFile(made.archive) as archive:
        return archive.namelist()


def test_the_bundle_is_small(made: Package) -> None:
    assert made.size_bytes <= MAX_BYTES


def test_the_bundle_holds_the_app_and_its_requirements_alone(made: Package) -> None:
    tops = {name.partition("/")[0] for name in names_of(made)}
    assert {top for top in tops if not top.endswith((".dist-info", ".data"))} == {
        "__pycache__",  # of app.py
        *OURS,
        *THEIRS,
    }


def test_the_bundle_holds_each_of_our_modules_once_and_nothing_stale(made: Package) -> None:
    expected = {"app.py"}
    for name, folder in (
        ("chalicelib", "chalicelib"),
        *((each, f"client/src/{each}") for each in OURS if "foreman" in each),
    ):
        base = ROOT / folder
        expected |= {f"{name}/{path.relative_to(base)}" for path in base.rglob("*.py")}
    ours = [name for name in names_of(made) if name.partition("/")[0] in OURS and name.endswith(".py")]
    assert len(ours) == len(set(ours))
    assert set(ours) == expected


def test_bytecode_is_never_checked_against_its_source(made: Package) -> None:
    with ZipFile(made.archive) as archive:
        for name in archive.namelist():
            if name.endswith(".pyc"):
                magic, flags = struct.unpack("<4sI", archive.read(name)[:8])
                assert (magic, flags) == (MAGIC_NUMBER, 0b01), name


def test_the_same_sources_make_the_same_bytecode(made: Package, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    without_bytecode(made.archive, again)
    assert add_bytecode(again) == len([name for name in names_of(made) if name.endswith(".pyc")])
    with ZipFile(made.archive) as one, ZipFile(again) as other:
        assert {name: one.read(name) for name in one.namelist()} == {
            name: other.read(name) for name in other.namelist()
        }


def printed(code: str, unpacked: Path) -> list[str]:
    """The words that the code prints in an interpreter that has nothing but the bundle."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", code, str(unpacked)],
        env={},
        cwd=unpacked,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@LINUX
def test_every_module_that_the_app_imports_has_bytecode(unpacked: Path) -> None:
    assert printed(WITHOUT_BYTECODE, unpacked) == []
    (unpacked / "__pycache__" / Path(cache_from_source("app.py")).name).unlink()
    assert printed(WITHOUT_BYTECODE, unpacked) == [str(unpacked / "app.py")]


@LINUX
def test_the_handlers_import_from_the_bundle_alone_and_load_no_aws(unpacked: Path) -> None:
    loaded = set(printed(IMPORT, unpacked))
    assert OURS - {"app.py"} <= loaded
    assert not HEAVY & loaded


def test_the_functions_are_as_configured(made: Package) -> None:
    resources = yaml.safe_load(made.template.read_text())["Resources"]
    api, work = (resources[name]["Properties"] for name in ("APIHandler", "WorkQueue"))
    assert (api["Timeout"], api["MemorySize"], work["Timeout"], work["MemorySize"]) == (29, 1024, 60, 512)
    variables = api["Environment"]["Variables"]
    assert variables == work["Environment"]["Variables"]
    assert (variables["FOREMAN_STAGE"], variables["FOREMAN_BUCKET"]) == (
        "prod",
        "foreman-prod-payloads-123456789012",
    )
    for function, queue in (("WorkQueue", "work"), ("DeadLetters", "dead-letters")):
        source = resources[function]["Properties"]["Events"][f"{function}SqsEventSource"]["Properties"]
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert source["Queue"]["Fn::Sub"].endswith(f":foreman-prod-{queue}")
    [schedule] = resources["Sweep"]["Properties"]["Events"].values()
    assert schedule["Properties"]["Schedule"] == "rate(1 minute)"
    rest = resources["RestAPI"]["Properties"]
    assert (rest["EndpointConfiguration"], rest["StageName"]) == ("REGIONAL", "prod")


def test_what_api_gateway_answers_by_itself_is_in_the_template(made: Package) -> None:
    rest = yaml.safe_load(made.template.read_text())["Resources"]["RestAPI"]["Properties"]
    assert rest["GatewayResponses"] == as_sam()


def test_the_sweep_changes_tasks_one_by_one_and_nothing_else(made: Package) -> None:
    role = yaml.safe_load(made.template.read_text())["Resources"]["SweepRole"]["Properties"]
    allowed = {
        action for each in role["Policies"][0]["PolicyDocument"]["Statement"] for action in each["Action"]
    }
    assert {action for action in allowed if action.startswith("dynamodb:")} == {
        "dynamodb:BatchGetItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
    }
    assert not any(action.startswith("s3:") for action in allowed)


def test_roles_reach_their_own_stage_alone(made: Package) -> None:
    resources = yaml.safe_load(made.template.read_text())["Resources"]
    roles = {name: each["Properties"] for name, each in resources.items() if each["Type"] == "AWS::IAM::Role"}
    assert set(roles) == {"ApiHandlerRole", "WorkQueueRole", "DeadLettersRole", "SweepRole"}
    for role in roles.values():
        for statement in role["Policies"][0]["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                assert not any("*" in action or action == "dynamodb:Scan" for action in statement["Action"])
            if set(statement["Action"]) <= EVERYWHERE:
                assert statement["Resource"] == ["*"]
                continue
            assert all(
                re.search(r"foreman[-_]prod[-_:]|payloads-123456789012(/|$)", arn)
                for arn in statement["Resource"]
            )
