"""Write-once payloads. Large ones are handed out unloaded, as a real store does, so that a forgotten load shows in tests."""

import itertools
from dataclasses import fields, replace
from typing import Any, TypeVar

from foreman_engine.domain.payload import Payload
from foreman_engine.domain.run_data import EntryState
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import TaskState

_State = TypeVar("_State", RunState, TaskState, EntryState)


class PayloadShelf:
    """Texts over `inline_chars` characters, each under a name of its own that is never used again."""

    def __init__(self, inline_chars: int = 256) -> None:
        self._inline_chars = inline_chars
        self._texts: dict[str, str] = {}
        self._numbers = itertools.count()

    def shelve(self, state: _State) -> _State:
        """The state as stored: its large payloads lie here and it keeps their names."""
        changed: Any = {name: self._put(kept) for name, kept in _payloads(state).items()}
        return replace(state, **changed)

    def load(self, state: _State) -> _State:
        """The state with every payload's text."""
        changed: Any = {name: self._get(kept) for name, kept in _payloads(state).items()}
        return replace(state, **changed)

    def drop(self, state: _State) -> None:
        """Forget the texts of a record that is deleted."""
        for kept in _payloads(state).values():
            self._texts.pop(kept.ref or "", None)

    def _put(self, payload: Payload) -> Payload:
        if payload.ref is not None:
            return Payload(None, payload.ref)
        if payload.text is None or len(payload.text) <= self._inline_chars:
            return payload
        ref = f"memory-{next(self._numbers)}"
        self._texts[ref] = payload.text
        return Payload(None, ref)

    def _get(self, payload: Payload) -> Payload:
        if payload.text is not None or payload.ref is None:
            return payload
        return Payload(self._texts[payload.ref], payload.ref)


def _payloads(state: RunState | TaskState | EntryState) -> dict[str, Payload]:
    values = {item.name: getattr(state, item.name) for item in fields(state)}
    return {name: value for name, value in values.items() if isinstance(value, Payload)}
