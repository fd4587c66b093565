"""What workers rely on once a message was sent, and what the queues in memory must therefore do as well."""

import pytest

from foreman_contract.messages import TaskMessage
from foreman_contract.service import DEFAULT_RESULT_QUEUE
from foreman_engine.service.ports import TaskNotice
from tests.contract.backends import ON_QUEUES, Backend
from tests.contract.consumers import Consumer
from tests.contract.states import Maker
from tests.contract.test_messages import PATIENCE_S

pytestmark = ON_QUEUES
MAX_RECEIVES = 100


@pytest.fixture
def consumer(backend: Backend) -> Consumer:
    return backend.consumer


@pytest.fixture
def url(backend: Backend, make: Maker) -> str:
    """A queue with one message."""
    [task] = make.tasks(make.run(), 1)
    message = TaskMessage(task_id=task.id, run_id=task.run_id, org_id=make.org_id, type="t")
    backend.ports.messages.send_tasks(make.org_id, [TaskNotice(message, "q")])
    return backend.ports.messages.resolve(make.org_id, "q", DEFAULT_RESULT_QUEUE).task_queue_url


def test_a_received_message_is_hidden_until_it_is_shown(consumer: Consumer, url: str) -> None:
    [first] = consumer.receive(url)
    assert consumer.receive(url) == []
    consumer.hide(url, first.receipt, 0)
    [second] = consumer.receive(url)
    assert second.body == first.body
    assert (first.receive_count, second.receive_count) == (1, 2)


def test_a_message_whose_visibility_ends_comes_back(consumer: Consumer, url: str) -> None:
    [first] = consumer.receive(url, visibility_s=1)
    consumer.wait(1.1)
    [second] = consumer.receive(url, wait_s=PATIENCE_S)
    assert (second.body, second.receive_count) == (first.body, 2)


def test_a_renewed_message_stays_hidden(consumer: Consumer, url: str) -> None:
    [first] = consumer.receive(url, visibility_s=1)
    consumer.hide(url, first.receipt, 30)
    consumer.wait(2.1)  # LocalStack shows them up to a second late
    assert consumer.receive(url) == []


def test_a_deleted_message_is_gone(consumer: Consumer, url: str) -> None:
    [first] = consumer.receive(url)
    consumer.hide(url, first.receipt, 0)
    [second] = consumer.receive(url)
    consumer.hide(url, second.receipt, 0)
    consumer.delete(url, second.receipt)
    assert consumer.receive(url) == []


def test_a_message_that_nobody_deletes_is_a_dead_letter_after_a_hundred_receives(
    consumer: Consumer, url: str
) -> None:
    counts = []
    while arrived := consumer.receive(url, visibility_s=0):
        counts += [each.receive_count for each in arrived]
        body = arrived[0].body
    assert counts == list(range(1, MAX_RECEIVES + 1))
    assert consumer.dead() == [body]
    assert consumer.dead() == []
