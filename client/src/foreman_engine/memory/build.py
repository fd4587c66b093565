"""Every port in memory, put together."""

from dataclasses import dataclass

from foreman_engine.memory.clock import ManualClock
from foreman_engine.memory.ids import seeded_ids
from foreman_engine.memory.keys import MemoryKeyStore
from foreman_engine.memory.messages import MemoryMessages
from foreman_engine.memory.outside_payloads import MemoryOutsidePayloads
from foreman_engine.memory.queue_watch import MemoryQueueWatch
from foreman_engine.memory.rate_windows import MemoryRateWindows
from foreman_engine.memory.run_data import MemoryRunDataStore
from foreman_engine.memory.runs import MemoryRunStore
from foreman_engine.memory.schedules import MemoryScheduleStore
from foreman_engine.memory.state import MemoryState
from foreman_engine.memory.tasks import MemoryTaskStore
from foreman_engine.service.ports import Clock, Ids, Ports


@dataclass(frozen=True, slots=True)
class MemoryPorts(Ports):
    """The ports, with what only memory has: queues that can be received from."""

    messages: MemoryMessages


def memory_ports(
    clock: Clock | None = None, ids: Ids | None = None, *, stage: str = "test", seed: int = 0
) -> MemoryPorts:
    """A world of its own, empty. Without a clock, one that stands still; without ids, ids from `seed`."""
    clock = clock if clock is not None else ManualClock()
    state = MemoryState(clock)
    messages = MemoryMessages(clock, stage)
    return MemoryPorts(
        runs=MemoryRunStore(state),
        tasks=MemoryTaskStore(state),
        run_data=MemoryRunDataStore(state),
        schedules=MemoryScheduleStore(state),
        keys=MemoryKeyStore(state),
        rate_windows=MemoryRateWindows(state),
        payloads=MemoryOutsidePayloads(state),
        messages=messages,
        clock=clock,
        ids=ids if ids is not None else seeded_ids(seed),
        queue_watch=MemoryQueueWatch(messages),
    )
