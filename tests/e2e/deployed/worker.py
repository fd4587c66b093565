"""A worker with handlers that take time, or fail at first; it runs until SIGTERM."""

import os
import time

from foreman_client import ForemanConfig, QueueNames, Task, initialize_foreman_client


def nap(task: Task) -> dict[str, int]:
    """Sleep for as many seconds as the input says; the output tells which of its run it was."""
    time.sleep(task.input_data["seconds"])
    return {"number": task.input_data["number"]}


def flaky(task: Task) -> dict[str, int]:
    """Fail as many times as the input says."""
    if task.attempt <= task.input_data:
        raise RuntimeError(f"attempt {task.attempt} fails")
    return {"attempt": task.attempt}


def main() -> None:
    """Work on a queue of its own; see `QUEUE` in queues.py."""
    queues = QueueNames(task_queue="deployed:tasks")
    environ = os.environ  # noqa: TID251 - the program's entry point
    config = ForemanConfig(environ["FOREMAN_ENDPOINT"], environ["FOREMAN_API_KEY"], queues=queues)
    client = initialize_foreman_client(config)
    client.create_worker({"nap": nap, "flaky": flaky}, concurrency=10).run()


if __name__ == "__main__":
    main()
