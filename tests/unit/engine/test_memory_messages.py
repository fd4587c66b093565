"""What the queues in memory offer to a test kit beyond the port."""

from foreman_contract.messages import TaskMessage
from foreman_contract.service import DEFAULT_TASK_QUEUE
from foreman_engine.domain.work import Work
from foreman_engine.memory.build import memory_ports
from foreman_engine.memory.clock import ManualClock
from foreman_engine.memory.messages import MAX_DELAY_MS, MemoryMessages
from foreman_engine.service.ports import TaskNotice

RUN = "019b76da-a800-7abc-8123-456789abcdef"
TASK = "019b76da-a800-8abc-8000-000000000000"


def notice(delay_ms: int = 0) -> TaskNotice:
    message = TaskMessage(task_id=TASK, run_id=RUN, org_id="acme", type="t")
    return TaskNotice(message, DEFAULT_TASK_QUEUE, delay_ms)


def test_a_delay_is_cut_to_fifteen_minutes() -> None:
    clock = ManualClock(0)
    messages = MemoryMessages(clock)
    messages.send_tasks("acme", [notice(10 * MAX_DELAY_MS)])
    assert messages.next_visible_ms() == MAX_DELAY_MS


def test_a_received_message_is_hidden_deleted_and_never_seen_by_another_organization() -> None:
    messages = MemoryMessages(ManualClock(0))
    messages.send_tasks("acme", [notice()])
    assert messages.receive(messages.url("other", DEFAULT_TASK_QUEUE)) == []
    url = messages.url("acme", DEFAULT_TASK_QUEUE)
    [received] = messages.receive(url)
    assert messages.receive(url) == []
    assert messages.hide(url, received.receipt, 0)
    [again] = messages.receive(url)
    assert (again.body, again.receive_count) == (received.body, 2)
    assert messages.delete(url, again.receipt)
    assert messages.bodies(url) == []


def test_the_next_instant_is_that_of_any_queue() -> None:
    clock = ManualClock(0)
    messages = MemoryMessages(clock)
    assert messages.next_visible_ms() is None
    messages.send_work([Work("acme", RUN)], 30)
    messages.send_tasks("acme", [notice(40_000)])
    assert messages.next_visible_ms() == 30_000


def test_dead_letters_tell_their_queue() -> None:
    messages = MemoryMessages(ManualClock(0))
    messages.send_tasks("acme", [notice()])
    url = messages.url("acme", DEFAULT_TASK_QUEUE)
    while messages.receive(url, visibility_ms=0):
        pass
    [(where, _)] = messages.take_dead()
    assert where == url


def test_a_clock_moves_only_when_told() -> None:
    clock = ManualClock(5)
    ports = memory_ports(clock)
    clock.advance(-2)
    assert ports.clock.now_ms() == 3
    clock.set(9)
    assert ports.clock.now_ms() == 9
