"""docs/state_machine.md says what the code does."""

import re
from pathlib import Path

from foreman_contract.enums import (
    ClaimOutcome,
    HeartbeatOutcome,
    ReportOutcome,
    RunStatus,
    TaskStatus,
)
from foreman_engine.domain.transitions import RUN_TRANSITIONS, TASK_TRANSITIONS

TEXT = (Path(__file__).parents[2] / "docs" / "state_machine.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    section = TEXT.split(f"{heading}\n", 1)[1]
    table = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert table is not None
    lines = table[0].strip().splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_moves_of_tasks_are_those_of_the_table() -> None:
    documented = {(by, before): set(after.split(", ")) for by, before, after in rows("### Moves")}
    coded = {
        (cause.value, before.value): {status.value for status in after}
        for cause, table in TASK_TRANSITIONS.items()
        for before, after in table.items()
    }
    assert documented == coded


def test_the_moves_of_runs_are_those_of_the_table() -> None:
    documented = {(by, before): set(after.split(", ")) for by, before, after in rows("## Runs")}
    assert documented == {
        (cause.value, before.value): {status.value for status in after}
        for cause, table in RUN_TRANSITIONS.items()
        for before, after in table.items()
    }


def test_every_status_is_explained_and_every_outcome_has_its_message() -> None:
    statuses = {word for row in rows("## Tasks") for word in re.findall(r"`(\w+)`", row[0])}
    assert statuses == {status.value for status in TaskStatus}
    outcomes = {
        (row[0], row[1].strip("`"))
        for row in rows("### What a claim, a report and a heartbeat answer, and what becomes of the message")
    }
    expected = {
        *(("claim", outcome.value) for outcome in ClaimOutcome),
        *(("report", outcome.value) for outcome in ReportOutcome),
        *(("heartbeat", outcome.value) for outcome in HeartbeatOutcome),
    }
    assert outcomes == expected
    assert {status.value for status in RunStatus} == {
        "pending",
        "running",
        "completed",
        "failed",
        "cancelled",
    }
