"""States to store, of an organization that no other test uses."""

import hashlib
from dataclasses import dataclass
from typing import Any

from foreman_contract.enums import RunStatus, TaskStatus
from foreman_engine.domain.idempotency import IdempotencyRecord
from foreman_engine.domain.payload import Payload, compact
from foreman_engine.domain.run_data import EntryState
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import TaskState
from foreman_engine.service.ports import Ports

PAYLOAD = Payload('{"some":"input"}')


@dataclass(frozen=True)
class Maker:
    """Makes new states, and stores them when asked to."""

    ports: Ports
    org_id: str

    def run(self, **fields: Any) -> RunState:
        now = self.ports.clock.now_ms()
        given: dict[str, Any] = {
            "id": self.ports.ids.run_id(now),
            "status": RunStatus.RUNNING,
            "input_data": PAYLOAD,
            "created_at": now,
            "updated_at": now,
            **fields,
        }
        return RunState(org_id=self.org_id, **given)

    def stored_run(self, **fields: Any) -> RunState:
        run = self.run(**fields)
        self.ports.runs.create(run, None)
        return run

    def tasks(self, run: RunState, count: int, **fields: Any) -> list[TaskState]:
        now = self.ports.clock.now_ms()
        given: dict[str, Any] = {
            "type": "t",
            "status": TaskStatus.QUEUED,
            "input_data": PAYLOAD,
            "created_at": now,
            "updated_at": now,
            **fields,
        }
        ids = self.ports.ids.task_ids(run.id, now, count)
        return [TaskState(id=each, run_id=run.id, org_id=self.org_id, **given) for each in ids]

    def stored_tasks(self, run: RunState, count: int, **fields: Any) -> list[TaskState]:
        tasks = self.tasks(run, count, **fields)
        self.ports.tasks.create(run, tasks)
        return tasks

    def stored_task(self, **fields: Any) -> TaskState:
        return self.stored_tasks(self.stored_run(), 1, **fields)[0]

    def entry(self, task: TaskState, key: str = "k", value: Any = None, **fields: Any) -> EntryState:
        now = self.ports.clock.now_ms()
        given: dict[str, Any] = {"tags": (), "created_at": now, "updated_at": now, **fields}
        return EntryState(
            id=self.ports.ids.entry_id(now),
            run_id=task.run_id,
            org_id=self.org_id,
            task_id=task.id,
            key=key,
            value=Payload(compact(value)),
            **given,
        )

    def record(self, scope: str = "scope", *object_ids: str, ttl_s: int = 60) -> IdempotencyRecord:
        expires = self.ports.clock.now_ms() // 1000 + ttl_s
        return IdempotencyRecord(hashlib.sha256(scope.encode()).hexdigest(), "body", object_ids, expires)

    def read_run(self, run_id: str) -> RunState:
        return self.ports.runs.get(self.org_id, [run_id])[run_id]

    def read_task(self, task_id: str) -> TaskState:
        return self.ports.tasks.get(self.org_id, [task_id])[task_id]
