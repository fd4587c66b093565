"""Looking at the queues: what is on them, by what it is doing."""

import pytest

from foreman_contract.messages import TaskMessage
from foreman_engine.domain.work import Work
from foreman_engine.service.backlog import QueueDepth
from foreman_engine.service.ports import TaskNotice
from tests.contract.backends import Backend
from tests.contract.states import Maker

QUEUE = "watched"


def notice(make: Maker, delay_ms: int = 0) -> TaskNotice:
    [task] = make.tasks(make.run(), 1)
    message = TaskMessage(task_id=task.id, run_id=task.run_id, org_id=make.org_id, type="t")
    return TaskNotice(message, QUEUE, delay_ms)


def mine(backend: Backend, make: Maker) -> QueueDepth:
    """The queue of these tests, as it is seen."""
    [depth] = [
        each
        for each in backend.ports.queue_watch.depths()
        if f"_{make.org_id}_{QUEUE}-" in each.name and not each.name.endswith(("-high", "-low"))
    ]
    return depth


def test_messages_are_visible_in_flight_or_delayed(backend: Backend, make: Maker) -> None:
    notices = [notice(make), notice(make), notice(make, 600_000)]
    backend.ports.messages.send_tasks(make.org_id, notices)
    found = mine(backend, make)
    assert (found.visible, found.in_flight, found.delayed) == (2, 0, 1)
    url = backend.ports.messages.resolve(make.org_id, QUEUE, "result").task_queue_url
    assert len(backend.consumer.receive(url)) == 2
    found = mine(backend, make)
    assert (found.visible, found.in_flight, found.delayed) == (0, 2, 1)


def test_the_work_queue_is_seen_too(backend: Backend) -> None:
    def on_it() -> int:
        return sum(each.delayed for each in backend.ports.queue_watch.depths() if each.name.endswith("work"))

    before = on_it()
    backend.ports.messages.send_work([Work("o", "r")], 600)
    assert on_it() == before + 1


@pytest.mark.parametrize("count", [0, 3])
def test_ages_can_be_asked_of_any_number_of_queues(backend: Backend, make: Maker, count: int) -> None:
    urls = [backend.ports.messages.resolve(make.org_id, f"q{n}", "result") for n in range(count)]
    names = [each.task_queue_url.rsplit("/", 1)[-1] for each in urls]
    assert backend.ports.queue_watch.oldest_s(names) == 0
