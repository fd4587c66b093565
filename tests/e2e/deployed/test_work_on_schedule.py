"""The rule that was deployed fires by itself, every minute, and what is due goes on its way."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from foreman_client import Foreman, NewTask, RunStatus, TaskStatus, Template
from foreman_contract.service import DEFAULT_RESULT_QUEUE
from foreman_engine.domain.tasks import Change, TaskState
from foreman_engine.service.ports import Ports
from tests.e2e.deployed.queues import QUEUE, depth, queue_url
from tests.e2e.deployment import ORG, Deployment, eventually, worker_process

WORKER: Final = Path(__file__).with_name("worker.py")
MORE_THAN_SQS_HOLDS_S: Final = 901
A_MINUTE_S: Final = 75
"""Until the rule fires, at the latest, with what a busy machine takes."""


def test_a_delayed_task_and_a_schedule_are_fired_by_the_deployed_rule(
    deployment: Deployment, client: Foreman, ports: Ports, worker_keys: tuple[str, str], tmp_path: Path
) -> None:
    ports.messages.resolve(
        ORG, QUEUE, DEFAULT_RESULT_QUEUE
    )  # makes them, which otherwise the first message does
    nap = NewTask(type="nap", input_data={"seconds": 0, "number": 7}, queue=QUEUE)
    template = Template(input_data="tick", tasks=[nap])
    schedule = client.create_schedule(name="tick", cron="* * * * *", template=template).unwrap()
    run = client.create_run(input_data=None).unwrap()

    def delayed(queue: str, delay_s: int) -> TaskState:
        nap = {"seconds": 0, "number": 1}
        made = client.enqueue_task(
            run_id=run.id, type="nap", input_data=nap, queue=queue, delay_seconds=delay_s
        ).unwrap()
        return stored(ports, made.id)

    ahead, fired = delayed("nobody-else:tasks", MORE_THAN_SQS_HOLDS_S), delayed(QUEUE, 3600)
    now = ports.clock.now_ms()
    for task in (ahead, fired):
        assert task.due_at == task.available_at
    assert depth(deployment, queue_url(deployment)) == (0, 0)
    # An hour passes for this one: its record says that its time has come, and it has no message yet.
    ports.tasks.save([Change(fired, replace(fired, available_at=now, due_at=now))])

    with worker_process(deployment, worker_keys, WORKER, tmp_path / "worker.log"):
        ended: Any = client.wait_for_task(fired.id, timeout_s=A_MINUTE_S).unwrap()
        ticked = eventually(lambda: client.get_schedule(schedule.id).unwrap().last_run_id, A_MINUTE_S)
        started: Any = client.wait_for_run(ticked, timeout_s=A_MINUTE_S).unwrap()
    client.delete_schedule(schedule.id).unwrap()
    assert ended.status is TaskStatus.COMPLETED
    assert (started.status, started.input_data) == (RunStatus.COMPLETED, "tick")
    assert 0 <= started.created_at - schedule.next_fire_at < A_MINUTE_S * 1000
    # The other was sent ahead by the same sweep, to come at its instant; and nobody gets it before.
    eventually(lambda: stored(ports, ahead.id).due_at is None)
    assert depth(deployment, queue_url(deployment, "nobody-else:tasks")) == (0, 1)
    assert stored(ports, ahead.id).available_at == ahead.available_at


def stored(ports: Ports, task_id: str) -> TaskState:
    """The task's record."""
    return ports.tasks.get(ORG, [task_id])[task_id]
