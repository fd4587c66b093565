"""What goes to Lambda: everything that the app needs, and nothing of the operator's or the SDK's."""

import os
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml

from infra.deployed.command import host_architecture
from infra.deployed.configuration import Stage
from infra.deployed.package import Package, package

MAX_BYTES = 7_000_000
OURS = {"app.py", "chalicelib", "foreman_contract", "foreman_engine"}
THEIRS = {
    "annotated_types",
    "aws_lambda_powertools",
    "cachetools",
    "chalice",
    "jmespath",
    "pydantic",
    "pydantic_core",
    "typing_extensions.py",
    "typing_inspection",
}
ROOT = Path(__file__).parents[2]
IMPORT = """
import sys
sys.path.insert(0, sys.argv[1])
import app, chalicelib.events.work_queue
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def outputs(stage: str) -> dict[str, str]:
    """A state stack's outputs."""
    found = {}
    for table in ("Runs", "Tasks", "RunData", "Keys"):
        found[f"{table}TableName"] = f"foreman-{stage}-{table}"
        found[f"{table}TableArn"] = f"arn:aws:dynamodb:eu-west-1:123456789012:table/foreman-{stage}-{table}"
    for queue in ("Work", "DeadLetter"):
        found[f"{queue}QueueName"] = f"foreman-{stage}-{queue}"
        found[f"{queue}QueueArn"] = f"arn:aws:sqs:eu-west-1:123456789012:foreman-{stage}-{queue}"
    return {**found, "BucketName": "payloads", "BucketArn": "arn:aws:s3:::payloads"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Package:
    stage = Stage("prod", outputs("prod"), host_architecture())
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
    assert {top for top in tops if not top.endswith((".dist-info", ".data"))} == OURS | THEIRS


def test_the_bundle_holds_each_of_our_modules_once_and_nothing_stale(made: Package) -> None:
    expected = {"app.py"}
    for name, folder in (
        ("chalicelib", "chalicelib"),
        *((each, f"client/src/{each}") for each in OURS if "foreman" in each),
    ):
        base = ROOT / folder
        expected |= {f"{name}/{path.relative_to(base)}" for path in base.rglob("*.py")}
    ours = [
        name for name in names_of(made) if name.partition("/")[0] in OURS and name.endswith((".py", ".pyc"))
    ]
    assert len(ours) == len(set(ours))
    assert set(ours) == expected


@pytest.mark.skipif(sys.platform != "linux", reason="the wheels in the bundle are Linux's")
def test_the_handlers_import_from_the_bundle_alone_and_load_no_aws(unpacked: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", IMPORT, str(unpacked)],
        env={},
        cwd=unpacked,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert OURS - {"app.py"} <= set(done.stdout.split())
    assert not {"boto3", "botocore", "foreman_client", "infra"} & set(done.stdout.split())


def test_the_functions_are_as_configured(made: Package) -> None:
    resources = yaml.safe_load(made.template.read_text())["Resources"]
    api, work = (resources[name]["Properties"] for name in ("APIHandler", "WorkQueue"))
    assert (api["Timeout"], api["MemorySize"], work["Timeout"], work["MemorySize"]) == (29, 1024, 60, 512)
    variables = api["Environment"]["Variables"]
    assert variables == work["Environment"]["Variables"]
    assert (variables["FOREMAN_STAGE"], variables["FOREMAN_BUCKET"]) == ("prod", "payloads")
    for function, queue in (("WorkQueue", "Work"), ("DeadLetters", "DeadLetter")):
        source = resources[function]["Properties"]["Events"][f"{function}SqsEventSource"]["Properties"]
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert source["Queue"]["Fn::Sub"].endswith(f":foreman-prod-{queue}")
    [schedule] = resources["Sweep"]["Properties"]["Events"].values()
    assert schedule["Properties"]["Schedule"] == "rate(1 minute)"
    rest = resources["RestAPI"]["Properties"]
    assert (rest["EndpointConfiguration"], rest["StageName"]) == ("REGIONAL", "prod")


def test_roles_reach_their_own_stage_alone(made: Package) -> None:
    resources = yaml.safe_load(made.template.read_text())["Resources"]
    roles = {name: each["Properties"] for name, each in resources.items() if each["Type"] == "AWS::IAM::Role"}
    assert set(roles) == {"ApiHandlerRole", "WorkQueueRole", "DeadLettersRole", "SweepRole"}
    for role in roles.values():
        for statement in role["Policies"][0]["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                assert not any("*" in action or action == "dynamodb:Scan" for action in statement["Action"])
            assert all(re.search(r"foreman[-_]prod[-_:]|payloads(/|$)", arn) for arn in statement["Resource"])
