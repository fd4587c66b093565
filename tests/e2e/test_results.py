"""The result queue of a real stack: ends arrive, what was not finished comes again, what was does not."""

import asyncio
from typing import Any

from foreman_client import (
    Foreman,
    ForemanConfig,
    QueueNames,
    initialize_async_foreman_client,
    initialize_foreman_client,
)
from tests.e2e.processes import Stack
from tests.e2e.workers import queue_client


def config_of(stack: Stack, name: str) -> ForemanConfig:
    queues = QueueNames(result_queue=f"results:{name}")
    return ForemanConfig(stack.endpoint, stack.api_key, queues=queues)


def end_three(client: Foreman) -> set[str]:
    """Three tasks that end; their ids."""
    run = client.create_run(input_data=None).unwrap()
    tasks = [client.create_task(run_id=run.id, type="t", input_data=n).unwrap() for n in range(3)]
    return {client.update_task(task.id, status="completed").unwrap().id for task in tasks}


def test_blocking_what_was_not_finished_comes_again_and_what_was_does_not(stack: Stack) -> None:
    with initialize_foreman_client(config_of(stack, "blocking")) as client:
        ended = end_three(client)
        finished: list[str | None] = []
        for event in client.results(timeout_s=30):
            if len(finished) == 1:
                break
            finished.append(event.task_id)
        rest = [event.task_id for event in client.results(max_events=2, timeout_s=30)]
        assert sorted(map(str, finished + rest)) == sorted(ended)
        assert list(client.results(idle_s=0)) == []


def test_async_what_was_not_finished_comes_again_and_what_was_does_not(stack: Stack) -> None:
    async def main() -> None:
        config = config_of(stack, "async")
        with initialize_foreman_client(config) as blocking:
            ended = await asyncio.to_thread(end_three, blocking)
        async with initialize_async_foreman_client(config) as client:
            finished: list[str | None] = []
            async with client.results(timeout_s=30) as events:
                async for event in events:
                    if len(finished) == 1:
                        break
                    finished.append(event.task_id)
            rest = [event.task_id async for event in client.results(max_events=2, timeout_s=30)]
            assert sorted(map(str, finished + rest)) == sorted(ended)
            assert [event async for event in client.results(idle_s=0)] == []

    asyncio.run(main())


def test_a_result_queue_that_was_deleted_is_there_again_and_events_come(stack: Stack) -> None:
    sqs: Any = queue_client(stack)

    async def look(config: ForemanConfig) -> None:
        async with initialize_async_foreman_client(config) as client:
            assert [event async for event in client.results(idle_s=1)] == []

    config = config_of(stack, "deleted")
    with initialize_foreman_client(config) as client:
        url = client.settings.queues.result_queue_url
        for restore in (lambda: list(client.results(idle_s=1)), lambda: asyncio.run(look(config))):
            sqs.delete_queue(QueueUrl=url)
            restore()
            assert sqs.get_queue_url(QueueName=url.rsplit("/", 1)[-1])
            ended = end_three(client)
            seen = {event.task_id for event in client.results(max_events=3, timeout_s=30)}
            assert seen == ended
