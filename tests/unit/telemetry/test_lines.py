"""How lines are written: once, to stdout as it is at that moment, from a level on."""

import io
import json
import logging
from contextlib import redirect_stdout

import pytest

from chalicelib.config import log_level
from chalicelib.telemetry.lines import SERVICE, tell
from infra.local.environment import server
from tests.factories import settings
from tests.lines import logged


def test_a_line_goes_once_to_whatever_stdout_is(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.StreamHandler(out := io.StringIO())
    monkeypatch.setattr(logging.getLogger(), "handlers", [root])
    before = logging.getLogger(SERVICE).level
    logging.getLogger(SERVICE).setLevel(logging.ERROR)
    with redirect_stdout(out):
        tell("hello", {"one": 1, "none": None}, logging.ERROR)
    logging.getLogger(SERVICE).setLevel(before)
    [line] = [json.loads(text) for text in out.getvalue().splitlines()]
    assert (line["message"], line["one"], "none" in line) == ("hello", 1, False)


def test_lines_below_the_level_are_not_written() -> None:
    with logged(logging.WARNING) as log:
        tell("quiet", {})
        tell("loud", {}, logging.WARNING)
    assert [line["message"] for line in log.lines] == ["loud"]


@pytest.mark.parametrize(
    ("env", "level"),
    [
        ({}, "INFO"),
        ({"POWERTOOLS_LOG_LEVEL": "error"}, "ERROR"),
        ({"FOREMAN_LOG_LEVEL": "DEBUG", "POWERTOOLS_LOG_LEVEL": "ERROR"}, "DEBUG"),
    ],
)
def test_the_level_is_of_the_environment(env: dict[str, str], level: str) -> None:
    assert log_level(env) == level


def test_the_local_stack_keeps_the_level_and_no_other_setting_of_ours() -> None:
    names = ("RunsTable", "TasksTable", "RunDataTable", "KeysTable", "Bucket", "WorkQueue", "DeadLetterQueue")
    outputs = {f"{name}Name": "x" for name in names}
    base = {"FOREMAN_LOG_LEVEL": "DEBUG", "FOREMAN_STAGE": settings().stage}
    made = server(base, "http://127.0.0.1:1", outputs)
    assert (made["FOREMAN_LOG_LEVEL"], made["FOREMAN_STAGE"]) == ("DEBUG", "dev")
