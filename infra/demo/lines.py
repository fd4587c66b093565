"""One aligned line for each thing that happens."""

import json
from dataclasses import dataclass
from typing import Any, Final

_GREEN, _RED, _DIM, _PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[2m", "\x1b[0m"
_COLOURS: Final = {"completed": _GREEN, "failed": _RED, "cancelled": _RED}
_OUTCOME_CHARS: Final = 60


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: `at_ms` after the start, to the thing of that `id`; `took_ms` if it took time."""

    at_ms: int
    what: str
    type: str
    id: str
    took_ms: int | None = None
    outcome: str = ""


def header() -> str:
    """The names of the columns."""
    return f"{'time':>9}  {'what':<14}  {'type':<16}  {'id':<8}  {'took':>9}  outcome"


def format_event(event: Event, *, colour: bool) -> str:
    """The event's line, without a line end."""
    what = f"{event.what:<14}"
    tint = _COLOURS.get(event.what.rsplit(" ", 1)[-1])
    if colour and tint is not None:
        what = f"{tint}{what}{_PLAIN}"
    time = _seconds(event.at_ms)
    if colour:
        time = f"{_DIM}{time}{_PLAIN}"
    took = "" if event.took_ms is None else _seconds(event.took_ms)
    line = f"{time:>9}  {what}  {event.type:<16}  {event.id[-8:]:<8}  {took:>9}  {event.outcome}"
    return line.rstrip()


def format_end(status: str, took_ms: int, completed: int, others: int) -> str:
    """The last line of a run, such as `run completed in 0.52 s: 2 tasks completed`."""
    tasks = f"{completed} {'task' if completed == 1 else 'tasks'} completed"
    return f"run {status} in {took_ms / 1000:.2f} s: {tasks}" + (f", {others} not" if others else "")


def format_value(value: Any) -> str:
    """A payload as compact JSON, cut to what fits on a line."""
    text = json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    return text if len(text) <= _OUTCOME_CHARS else text[: _OUTCOME_CHARS - 1] + "…"


def _seconds(ms: int) -> str:
    return f"{ms / 1000:7.3f} s"
