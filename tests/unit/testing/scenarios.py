"""Short flows through the SDK, and what they were answered, so that two Foremen can be compared field by field."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from foreman_client import Failure, Foreman, Result
from foreman_client.worker.api import SessionApi
from foreman_client.worker.options import worker_options
from foreman_contract.base import WireModel

_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_URL: Final = re.compile(r"\w+://\S+")
_FIRST_INSTANT: Final = 1_500_000_000_000
_OWN: Final = {
    "orgId",
    "region",
    "awsEndpointUrl",
    "timestamp",
    "nextCursor",
    "durationMs",
    "seconds",
    "updatedAt",
}
"""Fields whose values are each Foreman's own; that they are there is compared."""


class Flow:
    """One flow's client, and its answers with whatever no other Foreman would say replaced: ids by when they came."""

    def __init__(self, client: Foreman) -> None:
        self.client = client
        self.work = SessionApi(client.session, worker_options(client.settings, 1, None, "w-1"))
        self.said: list[Any] = []
        self._names: dict[str, str] = {}

    def ask(self, result: Result[Any]) -> Any:
        """Note the answer; the data, or None for a failure."""
        if isinstance(result, Failure):
            error = result.error
            details = [(each.path, each.message) for each in error.details]
            told = (
                type(error).__name__,
                error.code,
                error.status,
                str(error.message),
                details,
                error.retryable,
            )
            self.said.append(self._alike(told))
            return None
        self.said.append(self._alike(result.data))
        return result.data

    def _alike(self, value: Any) -> Any:
        if isinstance(value, WireModel):
            return self._alike(value.to_wire())
        if isinstance(value, Mapping):
            return {name: f"({name})" if name in _OWN else self._alike(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self._alike(each) for each in value]
        if isinstance(value, str):
            text = _ID.sub(lambda found: self._names.setdefault(found[0], f"id-{len(self._names)}"), value)
            return _URL.sub("(url)", text)
        if isinstance(value, int) and _FIRST_INSTANT < value < 2 * _FIRST_INSTANT:
            return "(instant)"
        return value


def life(flow: Flow) -> None:
    """A task from its creation to its end, with words that come late or twice."""
    client = flow.client
    run = flow.ask(
        client.create_run(input_data={"a": [1, None, 1.5, "ä"]}, metadata={"m": 1}, auto_complete=True)
    )
    task = flow.ask(client.enqueue_task(run_id=run.id, type="t", input_data=None, max_retries=1))
    flow.ask(flow.work.claim("claim-1", [task.id]))
    flow.ask(flow.work.claim("claim-1", [task.id]))
    flow.ask(flow.work.claim("claim-2", [task.id]))
    flow.ask(flow.work.heartbeat([{"id": task.id, "attempt": 1, "progress": {"half": True}}]))
    flow.ask(client.get_task(task.id))
    failed = {
        "id": task.id,
        "attempt": 1,
        "status": "failed",
        "errorData": {"why": "x"},
        "retryDelaySeconds": 0,
    }
    flow.ask(flow.work.report([failed]))
    flow.ask(flow.work.report([failed]))
    flow.ask(flow.work.claim("claim-3", [task.id]))
    flow.ask(flow.work.report([failed]))
    flow.ask(
        flow.work.report([{"id": task.id, "attempt": 2, "status": "completed", "outputData": {"ok": []}}])
    )
    flow.ask(flow.work.heartbeat([{"id": task.id, "attempt": 2}]))
    flow.ask(client.get_task(task.id))
    flow.ask(client.get_run(run.id))
    flow.ask(client.update_run(run.id, status="running"))
    flow.ask(client.retry_task(task.id))
    flow.ask(client.cancel_task(task.id))


def graphs(flow: Flow) -> None:
    """Fan-in, a failure that cascades, a run that ends by itself, and is retried."""
    client = flow.client
    run = flow.ask(
        client.create_run(
            input_data=None,
            tasks=[
                {"ref": "a", "type": "t", "input_data": 1},
                {"ref": "b", "type": "t", "input_data": 2, "allow_failure": True},
                {"ref": "any", "type": "t", "input_data": 3, "depends_on": ["a", "b"], "fan_in": "any"},
                {"ref": "all", "type": "t", "input_data": 4, "depends_on": ["a", "any"]},
                {"ref": "last", "type": "t", "input_data": 5, "depends_on": ["all"]},
            ],
        )
    )
    ids = run.task_ids
    flow.ask(client.get_task(ids["last"]))
    flow.ask(client.update_task(ids["b"], status="completed", output_data="b"))
    flow.ask(client.get_task(ids["any"]))
    flow.ask(client.get_dependencies(ids["any"]))
    flow.ask(flow.work.claim("claim-1", [ids["a"], ids["all"]]))
    flow.ask(flow.work.report([{"id": ids["a"], "attempt": 1, "status": "failed", "retryable": False}]))
    flow.ask(client.update_task(ids["any"], status="cancelled"))
    for name in ("all", "last"):
        flow.ask(client.get_task(ids[name]))
    flow.ask(client.get_run(run.id))
    flow.ask(client.retry_run(run.id))
    flow.ask(client.list_tasks(run_id=run.id, sort_order="asc"))
    flow.ask(client.cancel_run(run.id))
    flow.ask(client.cancel_run(run.id))
    flow.ask(client.list_tasks(run_id=run.id, status="cancelled"))
    circle = [{"ref": "x", "type": "t", "input_data": 1, "depends_on": ["x"]}]
    flow.ask(client.create_run(input_data=None, tasks=circle))  # type: ignore[arg-type]


def data(flow: Flow) -> None:
    """Run data: written, queried, tagged, deleted."""
    client = flow.client
    run = flow.ask(client.create_run(input_data=1))
    task = flow.ask(client.create_task(run_id=run.id, type="t", input_data=1))
    made = [
        flow.ask(client.create_run_data(run.id, task_id=task.id, key=key, value=value, tags=tags))
        for key, value, tags in (
            ("customer-1", {"x": 1}, ["new", "new", "v1"]),
            ("customer-1", None, []),
            ("order,1", [1], ["v1"]),
        )
    ]
    flow.ask(client.query_run_data(run.id))
    flow.ask(client.query_run_data(run.id, include_all=True, total=True, sort_by="key", sort_order="asc"))
    flow.ask(client.query_run_data(run.id, key="order,1"))
    flow.ask(client.query_run_data(run.id, key_pattern="*-?", tags=["v1"], tag_mode="all"))
    flow.ask(client.query_run_data(run.id, tags=[]))
    flow.ask(client.query_run_data(run.id, limit=0))
    flow.ask(client.update_run_data_tags(run.id, made[0].id, remove=["new"], add=["seen", "v1"]))
    flow.ask(client.update_run_data_tags(run.id, made[0].id))
    flow.ask(client.search_run_data())
    flow.ask(client.delete_run_data(run.id, key="customer-1"))
    flow.ask(client.delete_run_data(run.id, id=made[2].id))
    flow.ask(client.delete_run_data(run.id, key="customer-1"))
    flow.ask(client.create_run_data(run.id, task_id=run.id, key="k", value=1))


def lists(flow: Flow) -> None:
    """Pages, their cursors, and queries that are refused."""
    client = flow.client
    run = flow.ask(client.create_run(input_data=1))
    flow.ask(client.create_tasks(run_id=run.id, tasks=[{"type": f"t{n}", "input_data": n} for n in range(5)]))
    page = flow.ask(client.list_tasks(run_id=run.id, limit=2))
    page = flow.ask(client.list_tasks(run_id=run.id, limit=2, cursor=page.pagination.next_cursor))
    flow.ask(client.list_tasks(run_id=run.id, limit=2, cursor=page.pagination.next_cursor))
    flow.ask(client.list_tasks(run_id=run.id, limit=3, cursor=page.pagination.next_cursor, status="queued"))
    flow.ask(client.list_tasks(run_id=run.id, type="t3", offset=0, total=False))
    flow.ask(client.list_tasks(sort_by="started_at"))
    flow.ask(client.list_runs(limit=101))
    flow.ask(client.list_runs(status="odd"))
    flow.ask(client.list_tasks(run_id="x"))


def refusals(flow: Flow) -> None:
    """Bad input of every kind, and idempotency."""
    client = flow.client
    flow.ask(client.get_run("0190c5c8-0000-7000-8000-000000000000"))
    flow.ask(client.get_task("no-uuid"))
    run = flow.ask(client.create_run(input_data=1, idempotency_key="once"))
    flow.ask(client.create_run(input_data=1, idempotency_key="once"))
    flow.ask(client.create_run(input_data=2, idempotency_key="once"))
    flow.ask(
        client.create_task(run_id=run.id, type="", input_data=1, max_retries=99, metadata={"m": "x" * 20_000})
    )
    flow.ask(client.create_task(run_id=run.id, type="t", input_data=1, delay_seconds=1, available_at=1))
    flow.ask(client.create_task(run_id=run.id, type="t", input_data="x" * 1_048_577))
    flow.ask(client.enqueue_task(run_id=run.id, type="t", input_data=1, queue="no queue"))
    flow.ask(client.update_run(run.id))
    flow.ask(client.update_run(run.id, status="completed", output_data=10**40))
    flow.ask(client.create_task(run_id=run.id, type="t", input_data=1))
    flow.ask(client.retry_run(run.id))
    flow.ask(client.get_config())
    flow.ask(client.get_queue_config())
    flow.ask(client.health())


def schedules(flow: Flow) -> None:
    """A schedule from its creation to its end, and bad ones."""
    client = flow.client
    template: Any = {"input_data": 1, "tasks": [{"ref": "a", "type": "t", "input_data": 1}]}
    made = flow.ask(client.create_schedule(name="s", every_seconds=86_400, template=template))
    flow.ask(client.get_schedule(made.id))
    flow.ask(client.fire_schedule(made.id))
    flow.ask(client.update_schedule(made.id, name="t", paused=True))
    flow.ask(client.list_schedules())
    flow.ask(client.create_schedule(name="s", cron="61 * * * *", template=template))
    flow.ask(client.create_schedule(name="s", cron="0 4 * * *", time_zone="Nowhere", template=template))
    flow.ask(client.delete_schedule(made.id))
    flow.ask(client.get_schedule(made.id))


SCENARIOS: Final[Mapping[str, Callable[[Flow], None]]] = {
    scenario.__name__: scenario for scenario in (life, graphs, data, lists, schedules, refusals)
}


def told(client: Foreman, name: str) -> list[Any]:
    """What a Foreman says in a scenario."""
    flow = Flow(client)
    SCENARIOS[name](flow)
    return flow.said
