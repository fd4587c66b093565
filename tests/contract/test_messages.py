"""Messages: what every implementation does."""

import json

import pytest

from foreman_contract.enums import EventType, Priority
from foreman_contract.messages import ResultMessage, TaskMessage
from foreman_contract.service import DEFAULT_RESULT_QUEUE, DEFAULT_TASK_QUEUE
from foreman_engine.domain.errors import InvalidError
from foreman_engine.domain.work import Work
from foreman_engine.service.ports import EventNotice, TaskNotice
from tests.contract.backends import ON_QUEUES, Backend
from tests.contract.consumers import Arrived
from tests.contract.states import Maker

pytestmark = ON_QUEUES
PATIENCE_S = 3
"""LocalStack shows delayed messages up to a second late."""
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def message(make: Maker, number: int = 0) -> TaskMessage:
    [task] = make.tasks(make.run(), 1)
    return TaskMessage(task_id=task.id, run_id=task.run_id, org_id=make.org_id, type=f"t{number} \x00ü")


def drain(backend: Backend, url: str) -> list[Arrived]:
    arrived: list[Arrived] = []
    while received := backend.consumer.receive(url):
        arrived += received
    return arrived


def test_names_resolve_to_queues_of_the_organization_alone(backend: Backend, make: Maker) -> None:
    queues = backend.ports.messages.resolve(make.org_id, "my-app:tasks", "my-app:results")
    urls = [*queues.task_queue_urls.to_wire().values(), queues.result_queue_url]
    assert len(set(urls)) == 4
    assert all(f"foreman_test_{make.org_id}_my-app-" in url for url in urls)
    assert queues.task_queue_url == queues.task_queue_urls.normal
    assert (queues.task_queue, queues.result_queue) == ("my-app:tasks", "my-app:results")
    assert backend.ports.messages.resolve(make.org_id, "my-app:tasks", "my-app:results") == queues
    similar = backend.ports.messages.resolve(make.org_id, "my-app-tasks", "my-app:results")
    assert similar.task_queue_url != queues.task_queue_url


def test_one_name_for_both_is_refused(backend: Backend, make: Maker) -> None:
    with pytest.raises(InvalidError) as raised:
        backend.ports.messages.resolve(make.org_id, "same", "same")
    assert [fault.path for fault in raised.value.faults] == ["resultQueue"]


def test_task_messages_reach_their_queues(backend: Backend, make: Maker) -> None:
    sent = [message(make, number) for number in range(12)]
    notices = [TaskNotice(each, "a" if number % 6 == 0 else "b") for number, each in enumerate(sent)]
    backend.ports.messages.send_tasks(make.org_id, notices)
    for queue, count in (("a", 2), ("b", 10)):
        url = backend.ports.messages.resolve(make.org_id, queue, DEFAULT_RESULT_QUEUE).task_queue_url
        bodies = [json.loads(each.body) for each in drain(backend, url)]
        wanted = [notice.message.to_wire() for notice in notices if notice.queue == queue]
        assert len(bodies) == count
        assert {body["taskId"]: body for body in bodies} == {body["taskId"]: body for body in wanted}


def test_a_task_message_goes_to_the_queue_of_its_priority(backend: Backend, make: Maker) -> None:
    notices = [
        TaskNotice(message(make, number), "p", priority=priority) for number, priority in enumerate(Priority)
    ]
    backend.ports.messages.send_tasks(make.org_id, notices)
    urls = backend.ports.messages.resolve(make.org_id, "p", DEFAULT_RESULT_QUEUE).task_queue_urls
    for notice in notices:
        [arrived] = drain(backend, getattr(urls, notice.priority))
        assert json.loads(arrived.body) == notice.message.to_wire()


def test_a_delayed_message_is_never_early(backend: Backend, make: Maker) -> None:
    notice = TaskNotice(message(make), DEFAULT_TASK_QUEUE, delay_ms=300)
    backend.ports.messages.send_tasks(make.org_id, [notice])
    queues = backend.ports.messages.resolve(make.org_id, DEFAULT_TASK_QUEUE, DEFAULT_RESULT_QUEUE)
    assert backend.consumer.receive(queues.task_queue_url) == []
    backend.consumer.wait(1.1)
    [arrived] = backend.consumer.receive(queues.task_queue_url, wait_s=PATIENCE_S)
    assert json.loads(arrived.body) == notice.message.to_wire()


def test_events_reach_the_named_queue_or_the_default(backend: Backend, make: Maker) -> None:
    event = ResultMessage(
        event=EventType.RUN_COMPLETED, run_id=make.run().id, org_id=make.org_id, status="completed", at=5
    )
    backend.ports.messages.send_events(make.org_id, None, [EventNotice(event)])
    backend.ports.messages.send_events(make.org_id, "mine", [EventNotice(event)] * 11)
    for queue, count in ((DEFAULT_RESULT_QUEUE, 1), ("mine", 11)):
        url = backend.ports.messages.resolve(make.org_id, DEFAULT_TASK_QUEUE, queue).result_queue_url
        assert [json.loads(each.body) for each in drain(backend, url)] == [event.to_wire()] * count


def test_trace_context_travels_with_tasks_and_events(backend: Backend, make: Maker) -> None:
    event = ResultMessage(
        event=EventType.RUN_FAILED, run_id=make.run().id, org_id=make.org_id, status="failed", at=5
    )
    tasks = [TaskNotice(message(make), "q", traceparent=trace) for trace in (TRACE, None)]
    backend.ports.messages.send_tasks(make.org_id, tasks)
    backend.ports.messages.send_events(
        make.org_id, "r", [EventNotice(event, TRACE), EventNotice(event, None)]
    )
    queues = backend.ports.messages.resolve(make.org_id, "q", "r")
    sent = {each.message.task_id: each.traceparent for each in tasks}
    arrived = drain(backend, queues.task_queue_url)
    assert {json.loads(each.body)["taskId"]: each.traceparent for each in arrived} == sent
    events = drain(backend, queues.result_queue_url)
    assert sorted(each.traceparent or "" for each in events) == ["", TRACE]
    assert {each.body for each in events} == {events[0].body}


def test_nothing_to_send_sends_nothing(backend: Backend, make: Maker) -> None:
    backend.ports.messages.send_tasks(make.org_id, [])
    backend.ports.messages.send_events(make.org_id, None, [])
    backend.ports.messages.send_work([], 0)


def test_work_reaches_the_work_queue_after_its_delay(backend: Backend, make: Maker) -> None:
    [task] = make.tasks(make.run(), 1)
    now, later = Work(make.org_id, task.run_id), Work(make.org_id, task.run_id, task.id)
    backend.ports.messages.send_work([later], 1)
    backend.ports.messages.send_work([now], 0)
    assert backend.consumer.work() == [now]
    backend.consumer.wait(1.1)
    assert backend.consumer.work(wait_s=PATIENCE_S) == [later]


def test_the_queues_answer(backend: Backend) -> None:
    backend.ports.messages.ping()
