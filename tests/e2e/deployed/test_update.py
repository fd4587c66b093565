"""Code and state are updated while 200 tasks are in flight: none is lost, and each is done."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from chalicelib.config import VERSION
from foreman_client import Foreman, NewTask, RunStatus
from infra.deployed.bytecode import add_bytecode
from infra.deployed.package import Package
from infra.deployed.stack import put_code
from infra.deployed.state import Wanted, put_state
from infra.local.home import TEMPLATE
from tests.e2e.deployed.queues import QUEUE, depth, queue_url
from tests.e2e.deployment import STAGE, Deployment, eventually, worker_process

TASKS: Final = 200
STARTED: Final = 10
NEXT_VERSION: Final = "99.0.0"
WORKER: Final = Path(__file__).with_name("worker.py")


def newer(package: Package, out: Path) -> Package:
    """The same package, with another version in its code, and bytecode of that."""
    line = f'VERSION = "{VERSION}"'
    made = Package(out / "sam.yaml", out / "deployment.zip")
    made.template.write_text(package.template.read_text())
    with ZipFile(package.archive) as old, ZipFile(made.archive, "w", ZIP_DEFLATED) as new:
        for each in old.infolist():
            if each.filename.endswith(".pyc"):
                continue
            data = old.read(each)
            if each.filename == "chalicelib/config.py":
                assert line.encode() in data
                data = data.replace(line.encode(), f'VERSION = "{NEXT_VERSION}"'.encode())
            new.writestr(each, data)
    add_bytecode(made.archive)
    return made


def update_state(deployment: Deployment, protection: str) -> bool:
    """Protect the tables that are in use, or no longer; whether CloudFormation found that a change."""
    wanted = Wanted(STAGE, TEMPLATE.read_text(), {"DeletionProtection": protection})
    client = deployment.session.client("cloudformation", endpoint_url=deployment.aws_url)
    return put_state(client, wanted, lambda _: None, lambda _: False)


@pytest.fixture
def unprotected(deployment: Deployment) -> Iterator[None]:
    """Afterwards the tables may be deleted again."""
    yield
    update_state(deployment, "off")


@pytest.mark.usefixtures("unprotected")
def test_none_of_200_tasks_is_lost(
    deployment: Deployment, client: Foreman, worker_keys: tuple[str, str], tmp_path: Path
) -> None:
    run = client.create_run(input_data=None, auto_complete=True).unwrap()
    new = [
        NewTask(
            type="nap", input_data={"seconds": 0.1 if number < STARTED else 1, "number": number}, queue=QUEUE
        )
        for number in range(TASKS)
    ]
    tasks = client.enqueue_tasks(run_id=run.id, tasks=new).unwrap()
    with worker_process(deployment, worker_keys, WORKER, tmp_path / "worker.log"):
        eventually(lambda: completed(client, run.id) >= STARTED)
        code(deployment, newer(deployment.package, tmp_path))
        assert update_state(deployment, "on")
        assert completed(client, run.id) < TASKS
        ended: Any = client.wait_for_run(run.id, timeout_s=60).unwrap()
        eventually(lambda: depth(deployment, queue_url(deployment)) == (0, 0))
    assert client.get_config().unwrap().version == NEXT_VERSION
    assert (ended.status, ended.completed_tasks, ended.total_tasks) == (RunStatus.COMPLETED, TASKS, TASKS)
    found = {task.id: task for task in client.iterate_tasks(run_id=run.id, limit=100).unwrap()}
    assert [found[task.id].output_data for task in tasks] == [{"number": number} for number in range(TASKS)]


def completed(client: Foreman, run_id: str) -> int:
    return client.get_run(run_id).unwrap().completed_tasks


def code(deployment: Deployment, package: Package) -> None:
    """Update the code's stack."""
    cloudformation = deployment.session.client("cloudformation", endpoint_url=deployment.aws_url)
    s3 = deployment.session.client("s3", endpoint_url=deployment.aws_url)
    put_code(cloudformation, s3, deployment.stage, package)
