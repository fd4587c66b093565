"""Ten tasks with inputs of 1 MB and outputs of 1 MB: no answer and no report grows too large, and all of them end."""

import json
import random
from typing import Final

from foreman_client import NewTask, RunStatus, Task
from tests.e2e.processes import Stack
from tests.e2e.workers import all_tasks, client_of

MB: Final = 1024 * 1024
TASKS: Final = 10
_NOISE: Final = "".join(random.Random(17).choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef0123456789-_", k=MB))


def text(number: int) -> str:
    """Text that hardly compresses and takes 1 MB, the quotes around it counted twice as they are escaped."""
    begin = f"{number} "
    return begin + _NOISE[: MB - 4 - len(begin)]


def test_ten_inputs_of_1_mb_are_claimed_at_once_and_all_complete(stack: Stack) -> None:
    with client_of(stack, "large") as client:
        run_id = client.create_run(input_data=None, auto_complete=True).unwrap().id
        new = [NewTask(type="turn", input_data=text(number)) for number in range(TASKS)]
        task_ids = [task.id for task in client.enqueue_tasks(run_id=run_id, tasks=new).unwrap()]

        body = {"workerId": "w", "claimId": "c", "tasks": [{"id": each} for each in task_ids]}
        status, answer = stack.call("POST", "/api/v1/tasks/claim", body)
        assert status == 200
        assert len(json.dumps(json.dumps(answer))) <= 4 * MB + 64 * 1024
        claimed = [result for result in answer["results"] if result["outcome"] == "claimed"]
        deferred = [result for result in answer["results"] if result["outcome"] == "deferred"]
        assert (len(claimed), len(deferred)) == (3, TASKS - 3)
        assert [result["task"]["inputData"] for result in claimed] == [text(number) for number in range(3)]
        released = [{"id": each["id"], "attempt": 1, "status": "released"} for each in claimed]
        stack.call("POST", "/api/v1/tasks/report", {"workerId": "w", "results": released})

        def turn(task: Task) -> str:
            given: str = task.input_data
            return given[::-1]

        worker = client.create_worker({"turn": turn}, concurrency=TASKS)
        worker.start()
        try:
            done = client.wait_for_run(run_id, timeout_s=60).unwrap()
        finally:
            worker.stop(5)
        assert (done.status, done.completed_tasks) == (RunStatus.COMPLETED, TASKS)
        assert {task.retry_count for task in all_tasks(client, run_id)} == {0}
        outputs = [client.get_task(task_id).unwrap().output_data for task_id in task_ids]
        assert outputs == [text(number)[::-1] for number in range(TASKS)]
