"""Write units of a task and of a run from creation to completion, counted on MiniStack: `python -m benchmarks.write_units`.

Tasks: batches of ten, each the only one of its run, whose start is counted with them; 1 KB of JSON in and 1 KB out, no tags,
idempotency included. A run alone: the same, without tasks.
"""

import base64
import random
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.emulated import Usage, emulated_ports
from foreman_contract.enums import RunStatus
from foreman_contract.runs import CreateRun, PatchRun
from foreman_contract.tasks import CreateTask
from foreman_contract.work import Claim, Report
from foreman_engine.service.claims import claim_tasks
from foreman_engine.service.creating import create_tasks
from foreman_engine.service.idempotency import idempotency_key
from foreman_engine.service.ports import Ports
from foreman_engine.service.reports import report_results
from foreman_engine.service.runs import create_run, update_run

BATCH: Final = 10
_ORG: Final = "bench"


@dataclass(frozen=True)
class Cost:
    """Write units of one task, by step."""

    create: float
    claim: float
    report: float

    @property
    def total(self) -> float:
        """From creation to completion."""
        return self.create + self.claim + self.report


@dataclass(frozen=True)
class RunCost:
    """Write units of one run, by step."""

    create: float
    start: float
    complete: float

    @property
    def total(self) -> float:
        """From creation to completion."""
        return self.create + self.start + self.complete


def payload_of_1_kb(seed: int) -> dict[str, Any]:
    """1 KB of JSON that compresses about as well as an order does: half of it is random."""
    rng = random.Random(seed)
    lines = [
        {
            "sku": base64.b32encode(rng.randbytes(10)).decode(),
            "quantity": rng.randint(1, 9),
            "price": rng.random(),
        }
        for _ in range(12)
    ]
    return {
        "orderId": seed,
        "customer": "someone@example.com",
        "lines": lines,
        "note": "as agreed on the phone",
    }


def measure(ports: Ports, usage: Usage, tasks: int = 50) -> Cost:
    """Take `tasks` tasks through their life in batches of ten."""
    steps = {"create": 0.0, "claim": 0.0, "report": 0.0}
    for batch in range(tasks // BATCH):
        run = create_run(ports, _ORG, CreateRun(input_data=None)).run
        requests = [
            CreateTask(run_id=run.id, type="order", input_data=payload_of_1_kb(n), enqueue=True)
            for n in range(BATCH)
        ]
        usage.reset()
        key = idempotency_key("POST", "/api/v1/tasks/batch", f"key-{batch}", b"")
        created = create_tasks(ports, _ORG, requests, key).tasks
        steps["create"] += usage.write_units
        usage.reset()
        refs = [{"id": task.id} for task in created]
        claim_tasks(
            ports, _ORG, Claim.model_validate({"workerId": "w", "claimId": f"c{batch}", "tasks": refs})
        )
        steps["claim"] += usage.write_units
        usage.reset()
        results = [
            {"id": task.id, "attempt": 1, "status": "completed", "outputData": payload_of_1_kb(n)}
            for n, task in enumerate(created)
        ]
        report_results(ports, _ORG, Report.model_validate({"workerId": "w", "results": results}))
        steps["report"] += usage.write_units
    return Cost(**{step: units / tasks for step, units in steps.items()})


def measure_run(ports: Ports, usage: Usage) -> RunCost:
    """Take a run without tasks through its life."""
    usage.reset()
    key = idempotency_key("POST", "/api/v1/runs", "key-of-run", b"")
    run = create_run(ports, _ORG, CreateRun(input_data=payload_of_1_kb(1)), key).run
    created = usage.write_units
    update_run(ports, _ORG, run.id, PatchRun(status=RunStatus.RUNNING))
    started = usage.write_units
    update_run(ports, _ORG, run.id, PatchRun(status=RunStatus.COMPLETED, output_data=payload_of_1_kb(2)))
    return RunCost(created, started - created, usage.write_units - started)


def main() -> None:
    """Print the cost of a task and of a run, step by step."""
    with emulated_ports() as (ports, usage):
        cost, of_run = measure(ports, usage), measure_run(ports, usage)
    print("write units per task (batches of ten, 1 KB in, 1 KB out, idempotency included)")
    for step in ("create", "claim", "report", "total"):
        print(f"  {step:<8} {getattr(cost, step):5.2f}")
    print("write units per run, beside its tasks")
    for step in ("create", "start", "complete", "total"):
        print(f"  {step:<8} {getattr(of_run, step):5.2f}")


if __name__ == "__main__":
    main()
