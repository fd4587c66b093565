"""What dependencies cost, in DynamoDB's write units: `python -m benchmarks.edge_units`.

A graph costs what its tasks cost, and beside that each edge when it is declared and each task that waited when it is released.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.emulated import Usage, emulated_ports
from foreman_contract.runs import CreateRun
from foreman_contract.tasks import CreateTask
from foreman_contract.work import Claim, Report
from foreman_engine.service.claims import claim_tasks
from foreman_engine.service.creating import create_tasks
from foreman_engine.service.creating_runs import create_graph
from foreman_engine.service.ports import Ports
from foreman_engine.service.reports import report_results

_ORG: Final = "acme"


@dataclass(frozen=True, slots=True)
class EdgeCost:
    """Write units that a task without dependencies does not have."""

    declare: float
    """Per edge."""
    release: float
    """Per task that waited."""


def fan_out(ports: Ports, usage: Usage, children: int = 60) -> EdgeCost:
    """Many tasks behind one, all in the call that creates their run."""
    alone = _created(ports, usage, [_task(str(n)) for n in range(children + 1)])
    behind = _created(ports, usage, [_task("0"), *(_task(str(n), "0") for n in range(1, children + 1))])
    ends = _ended(ports, usage, behind.ids["0"]) - _ended(ports, usage, alone.ids["0"])
    return EdgeCost((behind.units - alone.units) / children, ends / children)


def chain(ports: Ports, usage: Usage, length: int = 20) -> EdgeCost:
    """Tasks one behind the other."""
    alone = _created(ports, usage, [_task(str(n)) for n in range(length)])
    behind = _created(ports, usage, [_task("0"), *(_task(str(n), str(n - 1)) for n in range(1, length))])
    # The last of each run ends it, which costs more, and releases nothing.
    names = [str(n) for n in range(length - 1)]
    ends = sum(_ended(ports, usage, behind.ids[each]) for each in names)
    ends -= sum(_ended(ports, usage, alone.ids[each]) for each in names)
    return EdgeCost((behind.units - alone.units) / (length - 1), ends / (length - 1))


def joined(ports: Ports, usage: Usage, dependencies: int = 50) -> EdgeCost:
    """One task behind many, added to a run where these are open: each of them is told that it has a dependant."""
    run = _created(ports, usage, [_task(str(n)) for n in range(dependencies)])
    ids = list(run.ids.values())
    costs = []
    for depends_on in ([], ids):
        body = {"runId": run.run_id, "type": "t", "inputData": None, "enqueue": True, "dependsOn": depends_on}
        usage.reset()
        create_tasks(ports, _ORG, [CreateTask.model_validate(body)])
        costs.append(usage.write_units)
    return EdgeCost((costs[1] - costs[0]) / dependencies, 0.0)


@dataclass(frozen=True, slots=True)
class _Created:
    run_id: str
    ids: dict[str, str]
    units: float


def _task(ref: str, *depends_on: str) -> dict[str, Any]:
    return {"type": "t", "inputData": None, "ref": ref, "dependsOn": list(depends_on)}


def _created(ports: Ports, usage: Usage, tasks: Sequence[dict[str, Any]]) -> _Created:
    request = CreateRun.model_validate({"inputData": None, "tasks": list(tasks)})
    usage.reset()
    run = create_graph(ports, _ORG, request).run
    return _Created(run.id, dict(run.task_ids or {}), usage.write_units)


def _ended(ports: Ports, usage: Usage, task_id: str) -> float:
    """What the report of a task's end costs, with all that it releases."""
    claim = {"workerId": "w", "claimId": task_id, "tasks": [{"id": task_id}]}
    [claimed] = claim_tasks(ports, _ORG, Claim.model_validate(claim))
    assert claimed.task is not None, claimed
    result = {"id": task_id, "attempt": 1, "status": "completed", "outputData": None}
    usage.reset()
    report_results(ports, _ORG, Report.model_validate({"workerId": "w", "results": [result]}))
    return usage.write_units


def main() -> None:
    """Print the cost of edges and releases in three shapes."""
    with emulated_ports() as (ports, usage):
        costs = {shape.__name__: shape(ports, usage) for shape in (fan_out, chain, joined)}
    print("write units beside those of the tasks themselves")
    for name, cost in costs.items():
        print(f"  {name:<8} {cost.declare:5.2f} per edge   {cost.release:5.2f} per released task")


if __name__ == "__main__":
    main()
