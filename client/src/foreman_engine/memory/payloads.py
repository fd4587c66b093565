"""Write-once payloads. Large ones are handed out unloaded, as a real store does, so that a forgotten load shows in tests."""

import itertools
from dataclasses import dataclass, fields, replace
from typing import Any, Final, TypeVar

from foreman_engine.domain.errors import UnavailableError
from foreman_engine.domain.ids import run_address
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.run_data import EntryState
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import TaskState
from foreman_engine.service.outside_payloads import StoredPayload
from foreman_engine.service.ports import Clock

APART_CHARS: Final = 100_000
"""A longer text lies apart, as a real store keeps it apart from the database."""
_State = TypeVar("_State", RunState, TaskState, EntryState)


@dataclass(frozen=True, slots=True)
class _Kept:
    text: str
    org_id: str
    address: str
    at: int


class PayloadShelf:
    """Texts over `inline_chars` characters, each under a name of its own that is never used again."""

    def __init__(self, clock: Clock, inline_chars: int = 256) -> None:
        self._clock = clock
        self._inline_chars = inline_chars
        self._kept: dict[str, _Kept] = {}
        self._numbers = itertools.count()

    def shelve(self, state: _State, current: _State | None = None) -> _State:
        """The state as stored: its large payloads lie here and it keeps their names; those that `current` has stay where they are."""
        run_id = state.id if isinstance(state, RunState) else state.run_id
        address = run_address(run_id) or ""
        there = payloads_of(current) if current is not None else {}
        changed: Any = {
            name: there[name]
            if name in there and self._get(there[name]).text == kept.text
            else self._put(kept, state.org_id, address)
            for name, kept in payloads_of(state).items()
        }
        return replace(state, **changed)

    def load(self, state: _State) -> _State:
        """The state with every payload's text.

        Raises:
            UnavailableError: one was replaced since the state was read, and removed.
        """
        changed: Any = {name: self._get(kept) for name, kept in payloads_of(state).items()}
        return replace(state, **changed)

    def drop(self, state: _State) -> None:
        """Forget the texts of a record that is deleted."""
        for kept in payloads_of(state).values():
            self.remove(kept.ref or "")

    def remove(self, name: str) -> None:
        """Forget a text; a name that is not known is no error."""
        self._kept.pop(name, None)

    def stored(self, org_id: str, *, apart: bool) -> dict[str, list[StoredPayload]]:
        """What lies here of an organization, by run address."""
        found: dict[str, list[StoredPayload]] = {}
        for name, kept in self._kept.items():
            if kept.org_id == org_id and (len(kept.text) > APART_CHARS) == apart:
                found.setdefault(kept.address, []).append(StoredPayload(name, kept.at))
        return found

    def _put(self, payload: Payload, org_id: str, address: str) -> Payload:
        if payload.ref is not None:
            return Payload(None, payload.ref)
        if payload.text is None or len(payload.text) <= self._inline_chars:
            return payload
        ref = f"memory-{next(self._numbers)}"
        self._kept[ref] = _Kept(payload.text, org_id, address, self._clock.now_ms())
        return Payload(None, ref)

    def _get(self, payload: Payload) -> Payload:
        if payload.text is not None or payload.ref is None:
            return payload
        kept = self._kept.get(payload.ref)
        if kept is None:
            raise UnavailableError("A payload was replaced while it was read.")
        return Payload(kept.text, payload.ref)


def payloads_of(state: RunState | TaskState | EntryState) -> dict[str, Payload]:
    """The payloads that a state has, by field name."""
    values = {item.name: getattr(state, item.name) for item in fields(state)}
    return {name: value for name, value in values.items() if isinstance(value, Payload)}
