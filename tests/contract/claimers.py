"""Processes that claim one task at the same moment. Reads what to do as JSON, prints the outcomes as JSON.

The processes are forked from one that has imported everything and holds no connection, so that sixteen start in a moment.
"""

import json
import multiprocessing
import subprocess
import sys
from dataclasses import asdict
from typing import Any, Final

from chalicelib.adapters.aws import aws_ports
from chalicelib.config import Settings
from foreman_contract.work import Claim, ClaimResult, TaskRef
from foreman_engine.service.claims import claim_tasks
from foreman_engine.service.ports import Ports
from infra.local.cloud import local_session

_PATIENCE_S: Final = 30


def claim(ports: Ports, org_id: str, task_id: str, number: int) -> ClaimResult:
    """One claim, by a worker of its own."""
    request = Claim(worker_id=f"w{number}", claim_id=f"c{number}", tasks=[TaskRef(id=task_id)])
    [result] = claim_tasks(ports, org_id, request)
    return result


def claim_in_processes(settings: Settings, org_id: str, task_id: str, count: int) -> list[str]:
    """The outcomes of `count` processes that claim at once."""
    wanted = {"settings": asdict(settings), "org_id": org_id, "task_id": task_id, "count": count}
    done = subprocess.run(
        [sys.executable, "-m", "tests.contract.claimers"],
        input=json.dumps(wanted),
        capture_output=True,
        text=True,
        timeout=2 * _PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outcomes: list[str] = json.loads(done.stdout)
    return outcomes


def _main(wanted: dict[str, Any]) -> list[str]:
    settings = Settings(**wanted["settings"])
    forks = multiprocessing.get_context("fork")
    start = forks.Barrier(wanted["count"])
    answers = forks.SimpleQueue()

    def run(number: int) -> None:
        ports = aws_ports(settings, local_session(settings.region))
        ports.tasks.get(wanted["org_id"], [wanted["task_id"]])  # connected before the race begins
        start.wait(_PATIENCE_S)
        answers.put(claim(ports, wanted["org_id"], wanted["task_id"], number).outcome.value)

    processes = [forks.Process(target=run, args=(number,), daemon=True) for number in range(wanted["count"])]
    for process in processes:
        process.start()
    for process in processes:
        process.join(_PATIENCE_S)
        if process.exitcode != 0:
            raise SystemExit(f"a claimer ended with {process.exitcode}")
    return [answers.get() for _ in processes]


if __name__ == "__main__":
    print(json.dumps(_main(json.load(sys.stdin))))
