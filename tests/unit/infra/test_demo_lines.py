"""What the demo prints."""

import pytest

from foreman_client import Task
from foreman_contract.enums import Priority, TaskStatus
from infra.demo.events import task_events
from infra.demo.lines import Event, format_end, format_event, format_value, header

TASK = Task(
    id="01972c3e-0000-8000-8000-0123456789ab",
    run_id="r",
    org_id="local",
    type="validate-order",
    status=TaskStatus.COMPLETED,
    priority=Priority.NORMAL,
    retry_count=0,
    max_retries=3,
    attempt=1,
    created_at=1000,
    updated_at=1500,
    queued_at=1010,
    started_at=1400,
    completed_at=1450,
    duration_ms=50,
    output_data={"valid": True},
)


def test_the_columns_stand_under_each_other() -> None:
    short = format_event(Event(5, "run created", "", "12345678"), colour=False)
    long = format_event(
        Event(61_234, "task completed", "validate-order", "abc-87654321", 50, "{}"), colour=False
    )
    assert short == "  0.005 s  run created                       12345678"
    assert long == " 61.234 s  task completed  validate-order    87654321    0.050 s  {}"
    assert header().index("outcome") == long.index("{}")


def test_colour_adds_nothing_but_colour() -> None:
    event = Event(5, "task completed", "validate-order", "12345678", 3, "x")
    plain, tinted = format_event(event, colour=False), format_event(event, colour=True)
    assert "\x1b[32m" in tinted
    for code in ("\x1b[32m", "\x1b[2m", "\x1b[0m"):
        tinted = tinted.replace(code, "")
    assert tinted == plain


@pytest.mark.parametrize(
    ("end", "text"),
    [
        (("completed", 520, 2, 0), "run completed in 0.52 s: 2 tasks completed"),
        (("completed", 1000, 1, 0), "run completed in 1.00 s: 1 task completed"),
        (("failed", 12345, 1, 1), "run failed in 12.35 s: 1 task completed, 1 not"),
    ],
)
def test_the_last_line_says_how_the_run_ended(end: tuple[str, int, int, int], text: str) -> None:
    assert format_end(*end) == text


def test_a_long_value_is_cut() -> None:
    assert format_value({"a": 1}) == '{"a": 1}'
    assert len(format_value("x" * 500)) == 60


def test_a_tasks_record_tells_its_story_in_order() -> None:
    events = task_events(TASK, start=1000)
    assert [(event.at_ms, event.what, event.took_ms) for event in events] == [
        (10, "task queued", None),
        (400, "task started", 390),
        (450, "task completed", 50),
    ]
    assert events[-1].outcome == '{"valid": true}'
    queued = TASK.model_copy(update={"started_at": None, "completed_at": None, "status": TaskStatus.QUEUED})
    assert [event.what for event in task_events(queued, 1000)] == ["task queued"]


def test_a_failure_shows_its_error() -> None:
    update = {"status": TaskStatus.FAILED, "error_data": {"message": "no"}, "output_data": None}
    assert task_events(TASK.model_copy(update=update), 1000)[-1].outcome == '{"message": "no"}'
