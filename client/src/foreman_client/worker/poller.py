"""The network side of taking in work: receive what can be started now, and nothing while claims fail."""

from foreman_client.worker.disposal import Disposal
from foreman_client.worker.gate import Gate
from foreman_client.worker.intake import Intake
from foreman_client.worker.options import WorkerOptions
from foreman_client.worker.outage import Outage
from foreman_client.worker.queue import QueueFaultError, Received, TaskQueue
from foreman_client.worker.slots import Slots
from foreman_contract import limits


class Poller:
    """One loop for a daemon thread. A stop does not wait for a long poll: what that still brings is given back."""

    def __init__(
        self,
        queue: TaskQueue,
        options: WorkerOptions,
        intake: Intake,
        disposal: Disposal,
        slots: Slots,
        gate: Gate,
    ) -> None:
        self._queue = queue
        self._options = options
        self._intake = intake
        self._disposal = disposal
        self._slots = slots
        self._gate = gate
        self._outage = Outage("receiving messages", options.timing)

    def run(self) -> None:
        """Poll until the gate closes."""
        while not self._gate.stopping.is_set():
            self.poll_once()

    def poll_once(self) -> None:
        """Receive once, as many as there are free slots, and take in what came."""
        taken = self._slots.take(limits.MAX_CLAIM, self._options.timing.slots_linger_s)
        if not taken:
            return
        messages = self._receive(taken) if self._claims_work() else []
        self._slots.give(taken - len(messages))
        if not messages:
            return
        if not self._gate.enter():
            self._disposal.give_back(messages)
            return
        try:
            self._intake.take_in(messages)
        finally:
            self._gate.leave()

    def _receive(self, most: int) -> list[Received]:
        try:
            messages = self._queue.receive(
                most, self._options.timing.receive_wait_s, self._options.visibility_s
            )
        except QueueFaultError as error:
            self._gate.stopping.wait(self._outage.failed(error))
            return []
        self._outage.recovered()
        return messages

    def _claims_work(self) -> bool:
        return self._gate.claims_work.wait(self._options.timing.first_backoff_s)
