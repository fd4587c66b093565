"""What a deployment does by itself: its own work queue, the sweep of every minute, dead letters."""

from typing import Final

from pydantic import ValidationError

from foreman_contract.messages import TaskMessage
from foreman_engine.domain.queues import organization_of
from foreman_engine.domain.waits import MAX_DELAY_MS
from foreman_engine.domain.work import DueFire
from foreman_engine.memory.build import MemoryPorts
from foreman_engine.service.announcements import LOOK_AHEAD_MS, announce_fires
from foreman_engine.service.dead_letters import revive
from foreman_engine.service.ports import DUE_SHARDS
from foreman_engine.service.sweep import sweep
from foreman_engine.service.work import finish_work

_MINUTE_MS: Final = 60_000
_EVER_MS: Final = 1 << 62


class Machinery:
    """One step at a time, each when it is due; `next_ms` says when that is."""

    def __init__(self, ports: MemoryPorts, stage: str) -> None:
        self._ports = ports
        self._stage = stage
        self._swept_at = ports.clock.now_ms() // _MINUTE_MS * _MINUTE_MS

    def act(self) -> bool:
        """Do one thing that is due; False when there is none."""
        return self._finish_work() or self._sweep() or self._revive()

    def next_ms(self, *, fires: bool) -> int | None:
        """The instant of the next step; None when nothing is under way. Schedules fire for ever: they count with `fires` only."""
        hints = self._ports.messages.work.upcoming()
        instants = [at for at, hint in hints if fires or not isinstance(hint, DueFire)]
        sweep_at = self._sweep_at(fires=fires)
        return min(instants if sweep_at is None else [*instants, sweep_at], default=None)

    def _finish_work(self) -> bool:
        received = self._ports.messages.work.receive(1, _MINUTE_MS)
        for hint in received:
            finish_work(self._ports, hint.body)
            self._ports.messages.work.delete(hint.receipt)
        return bool(received)

    def _sweep_at(self, *, fires: bool) -> int | None:
        """The first minute at which a sweep finds something: the sweeps before it would change nothing."""
        shards = range(DUE_SHARDS)
        seen = [
            each.due_at - MAX_DELAY_MS
            for shard in shards
            for each in self._ports.tasks.due(shard, _EVER_MS, 1)
        ]
        if fires:
            coming = [fire for shard in shards for fire in self._ports.schedules.due(shard, _EVER_MS)]
            seen += [fire.at - LOOK_AHEAD_MS for fire in coming]
        if not seen:
            return None
        return max(-(-min(seen) // _MINUTE_MS) * _MINUTE_MS, self._swept_at + _MINUTE_MS)

    def _sweep(self) -> bool:
        at, now = self._sweep_at(fires=True), self._ports.clock.now_ms()
        if at is None or at > now:
            return False
        self._swept_at = now // _MINUTE_MS * _MINUTE_MS
        return sweep(self._ports) + announce_fires(self._ports) > 0

    def _revive(self) -> bool:
        dead = self._ports.messages.take_dead()
        for url, body in dead:
            org_id = organization_of(self._stage, url.rsplit("/", 1)[-1])
            try:
                message = TaskMessage.model_validate_json(body)
            except ValidationError:
                continue  # an event that nobody read
            if org_id is not None:
                revive(self._ports, org_id, message)
        return bool(dead)
