"""The SDK's logs, errors and reprs hold no key and no payload."""

import logging
from typing import Any

import httpx
import pytest

from foreman_client.operations.runs import create_run
from tests.unit.client.records import error_json
from tests.unit.client.stub_service import CONFIG, Reply, answer, error_of, serving
from tests.unit.client.stub_worker import message, until, working

MARK = "zqx7secret"


@pytest.mark.parametrize(
    "reply",
    [
        answer(200, {"id": MARK}),
        answer(201, {"inputData": MARK, "status": MARK}),
        httpx.Response(200, text=MARK),
        httpx.Response(502, text=MARK),
        answer(400, error_json("invalid_request")),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
    ],
)
def test_no_error_quotes_the_request_or_an_answer(reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    service = serving(reply)
    session = service.session()
    with caplog.at_level(logging.DEBUG, "foreman_client"):
        asked = create_run(session.scope, input_data={MARK: MARK}, metadata={"m": MARK})
        error = error_of(session.run(asked))
    for text in (str(error), repr(error), caplog.text, repr(session), repr(CONFIG)):
        assert MARK not in text
        assert CONFIG.api_key not in text


def test_what_a_handler_raises_is_in_the_tasks_record_and_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    def handler(task: Any) -> None:
        raise ValueError(MARK)

    with caplog.at_level(logging.DEBUG, "foreman_client"), working({"work": handler}) as bench:
        bench.queue.put(message(1))
        until(lambda: bench.queue.deleted == ["handle-1"])
        [report] = bench.api.reported().values()
    assert report["errorData"]["message"] == MARK
    assert MARK not in caplog.text


def test_a_thread_that_fails_is_told_by_type_and_place(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise LookupError(MARK)

    with working({"work": lambda task: None}) as bench:
        monkeypatch.setattr(bench.api, "claim", fail)
        bench.queue.put(message(1))
        until(lambda: "the worker stops" in caplog.text)
    assert "LookupError < " in caplog.text
    assert MARK not in caplog.text
