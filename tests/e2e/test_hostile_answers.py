"""Whatever answers in the place of Foreman, a call is a Failure of the right kind, and raises nothing."""

import asyncio
import gzip
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from foreman_client import (
    AsyncForeman,
    ConnectionFailedError,
    Failure,
    Foreman,
    ForemanConfig,
    ForemanError,
    InvalidRequestError,
    Result,
    ServerError,
    UnavailableError,
    UnexpectedAnswerError,
    functions,
)
from foreman_client._async_http import open_async_session
from foreman_client._http import open_session
from foreman_contract.service import Config
from tests.e2e.raw_server import RawServer, raw_server
from tests.unit.client.records import RUN_ID, SCHEDULE_ID, config_json, task_id

TASK = {"run_id": RUN_ID, "type": "t", "input_data": 1}
TEMPLATE = {"input_data": 1, "tasks": [{"type": "t", "input_data": 1}]}
CALLS: dict[str, dict[str, Any]] = {
    "cancel_run": {"run_id": RUN_ID},
    "cancel_task": {"task_id": task_id(1)},
    "create_run": {"input_data": 1},
    "create_run_data": {"run_id": RUN_ID, "task_id": task_id(1), "key": "k", "value": 1},
    "create_schedule": {"name": "n", "every_seconds": 60, "template": TEMPLATE},
    "create_task": TASK,
    "create_tasks": {"run_id": RUN_ID, "tasks": [{"type": "t", "input_data": 1}]},
    "delete_run_data": {"run_id": RUN_ID, "key": "k"},
    "delete_schedule": {"schedule_id": SCHEDULE_ID},
    "enqueue_task": TASK,
    "enqueue_tasks": {"run_id": RUN_ID, "tasks": [{"type": "t", "input_data": 1}]},
    "fire_schedule": {"schedule_id": SCHEDULE_ID},
    "get_config": {},
    "get_dependencies": {"task_id": task_id(1)},
    "get_queue_config": {},
    "get_run": {"run_id": RUN_ID},
    "get_schedule": {"schedule_id": SCHEDULE_ID},
    "get_task": {"task_id": task_id(1)},
    "health": {},
    "iterate_run_data": {"run_id": RUN_ID},
    "iterate_run_data_search": {"key": "k"},
    "iterate_runs": {},
    "iterate_schedules": {},
    "iterate_tasks": {},
    "list_runs": {},
    "list_schedules": {},
    "list_tasks": {},
    "query_run_data": {"run_id": RUN_ID},
    "retry_run": {"run_id": RUN_ID},
    "retry_task": {"task_id": task_id(1)},
    "search_run_data": {"key": "k"},
    "update_run": {"run_id": RUN_ID, "status": "running"},
    "update_run_data_tags": {"run_id": RUN_ID, "data_id": RUN_ID, "add": ["t"]},
    "update_schedule": {"schedule_id": SCHEDULE_ID, "paused": True},
    "update_task": {"task_id": task_id(1), "status": "running"},
    "wait_for_run": {"run_id": RUN_ID, "timeout_s": 0},
    "wait_for_task": {"task_id": task_id(1), "timeout_s": 0},
}


def http(status: str, body: bytes, *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


HTML = b"<html><body>Sign in to the Wi-Fi of Hotel Bates</body></html>"
DEEP = b'{"id":' * 100_000
NO_ANSWER, NOT_OURS = ConnectionFailedError, UnexpectedAnswerError
ANSWERS: dict[str, tuple[bytes, type[ForemanError]]] = {
    "nothing": (b"", NO_ANSWER),
    "garbage": (b"\x00\xff\x16\x03\x01 garbage\r\n\r\n", NO_ANSWER),
    "another protocol": (b"SSH-2.0-OpenSSH_9.6\r\n", NO_ANSWER),
    "half a status line": (b"HTTP/1.1 20", NO_ANSWER),
    "a status of four digits": (b"HTTP/1.1 2000 OK\r\n\r\n", NO_ANSWER),
    "half a head": (b"HTTP/1.1 200 OK\r\nContent-Le", NO_ANSWER),
    "a head without end": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000, NO_ANSWER),
    "a huge head": (http("200 OK", b"{}", *(f"X-{n}: {'x' * 1000}" for n in range(300))), NO_ANSWER),
    "a cut body": (b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id":', NO_ANSWER),
    "a negative length": (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}", NO_ANSWER),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", NO_ANSWER),
    "a cut chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{}", NO_ANSWER),
    "chunks that are none": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}", NO_ANSWER),
    "only a 100": (b"HTTP/1.1 100 Continue\r\n\r\n", NO_ANSWER),
    "a gzip that is none": (http("200 OK", b"{}", "Content-Encoding: gzip"), NO_ANSWER),
    "a 103, then no JSON": (b"HTTP/1.1 103 Early Hints\r\n\r\n" + http("200 OK", b"hi"), NOT_OURS),
    "a 101": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", NO_ANSWER),
    "a 204": (b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", NOT_OURS),
    "a short length": (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n{}{}{}{}", NOT_OURS),
    "an empty body": (http("200 OK", b""), NOT_OURS),
    "a proxy's page": (http("200 OK", HTML, "Content-Type: text/html"), NOT_OURS),
    "JSON cut before its end": (http("200 OK", b'{"id":'), NOT_OURS),
    "no UTF-8": (http("200 OK", b'{"id":"\xff"}'), NOT_OURS),
    "a charset nobody knows": (http("200 OK", b"\xff", "Content-Type: application/json; charset=é"), NOT_OURS),
    "no object": (http("200 OK", b"[]"), NOT_OURS),
    "null": (http("200 OK", b"null"), NOT_OURS),
    "NaN": (http("200 OK", b"NaN"), NOT_OURS),
    "another object": (http("200 OK", b'{"hello":"world"}'), NOT_OURS),
    "wrong types": (http("200 OK", b'{"id":1,"data":{},"results":0,"status":[]}'), NOT_OURS),
    "a lone surrogate": (http("200 OK", b'{"id":"\\ud800","status":"\\udfff"}'), NOT_OURS),
    "nesting": (http("200 OK", DEEP), NOT_OURS),
    "digits": (http("200 OK", b"9" * 5_000), NOT_OURS),
    "a zipped page": (http("200 OK", gzip.compress(HTML), "Content-Encoding: gzip"), NOT_OURS),
    "a redirect": (http("302 Found", b"", "Location: http://127.0.0.1:1/elsewhere"), NOT_OURS),
    "a redirect to itself": (http("307 Temporary Redirect", b"", "Location: /"), NOT_OURS),
    "a redirect to nowhere": (http("301 Moved", b"", "Location: http://[::1"), NO_ANSWER),
    "a page with 407": (http("407 Proxy Authentication Required", HTML), InvalidRequestError),
    "a page with 418": (http("418 I'm a teapot", HTML), InvalidRequestError),
    "a page with 500": (http("500 Oops", HTML), ServerError),
    "a page with 502": (http("502 Bad Gateway", HTML, "Retry-After: tomorrow"), UnavailableError),
    "a strange error body": (http("503 Away", b'{"error":1,"code":[]}', "Retry-After: -1"), UnavailableError),
    "a status beyond": (http("599 Whatever", b"{}", "Retry-After: " + "9" * 400), ServerError),
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with raw_server() as running:
        yield running


def config_of(server: RawServer) -> ForemanConfig:
    return ForemanConfig(server.endpoint, "fmn_dev_acme_hidden", timeout_s=10, max_retries=0)


def settings() -> Config:
    return Config.model_validate(config_json())


def blocking(server: RawServer, names: Sequence[str]) -> dict[str, Result[Any]]:
    config = config_of(server)
    with Foreman(config, settings(), open_session(config)) as client:
        found = {name: getattr(client, name)(**CALLS[name]) for name in names}
        return {name: one(list(each)) if name.startswith("iterate") else each for name, each in found.items()}


async def awaited(server: RawServer, names: Sequence[str]) -> dict[str, Result[Any]]:
    config = config_of(server)
    async with AsyncForeman(config, settings(), open_async_session(config)) as client:
        found: dict[str, Result[Any]] = {}
        for name in names:
            call = getattr(client, name)(**CALLS[name])
            found[name] = one([row async for row in call]) if name.startswith("iterate") else await call
        return found


def one(rows: list[Result[Any]]) -> Result[Any]:
    [row] = rows
    return row


def test_every_operation_is_called() -> None:
    bound = {n for n, f in vars(functions).items() if getattr(f, "__module__", "") == "foreman_client._bind"}
    assert set(CALLS) == bound - {"function", "paged_function"}


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_hostile_answer_is_a_failure_of_its_kind(server: RawServer, answer: str) -> None:
    """Of every operation, blocking or async: each operation meets half of the answers on either side."""
    turn = list(ANSWERS).index(answer) % 2
    one_half, other_half = list(CALLS)[turn::2], list(CALLS)[1 - turn :: 2]
    server.answer, kind = ANSWERS[answer]
    for results in (blocking(server, one_half), asyncio.run(awaited(server, other_half))):
        for name, result in results.items():
            assert isinstance(result, Failure), name
            error = result.error
            assert type(error) is kind, (name, error)
            assert error.code
            assert "fmn_dev" not in str(error)
            assert "Bates" not in str(error)
            assert error.retryable == (kind in (ConnectionFailedError, UnavailableError))
            assert (error.status is None) == (kind is ConnectionFailedError)


def test_nobody_at_home_is_a_failure_too(server: RawServer) -> None:
    gone = RawServer(1)
    for results in (blocking(gone, list(CALLS)), asyncio.run(awaited(gone, list(CALLS)))):
        assert {type(result.error) for result in results.values()} == {ConnectionFailedError}
