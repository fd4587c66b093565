"""No payload, key or metadata of a caller in any log or error, wherever it stands and whatever goes wrong."""

import json
import logging
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.awsrequest import AWSResponse

from chalicelib.adapters.aws import aws_ports
from chalicelib.api.http import REFUSAL, ROUTES
from chalicelib.bootstrap import Services
from foreman_engine.service.ports import Ports
from infra.local.cloud import local_session
from tests.factories import MISSING_ID, MISSING_TASK_ID, Answered, Api
from tests.unit.api.flows import make_run, make_task
from tests.unit.api.test_routes import BODIES, SCHEDULE

MARK = "zqx7secret"
KEY_MARK = "fmn_test_acme_" + MARK + "a" * 40
ROUTES_SHOWN = sorted((r.method, r.path) for name, r in ROUTES.items() if not name.startswith(REFUSAL))
PARAMETERS = sorted({parameter.name for route in ROUTES.values() for parameter in route.parameters})
HEADERS: list[dict[str, str | None]] = [
    {"Authorization": f"Bearer {KEY_MARK}"},
    {"Authorization": MARK},
    {"Idempotency-Key": f"{MARK}\n"},
    {"Idempotency-Key": MARK},
    {"Content-Type": MARK},
    {"traceparent": MARK, "X-Other": MARK, "Cookie": MARK},
]
RAW: list[bytes | str] = [
    MARK,
    f'{{"{MARK}": }}',
    f'{{"{MARK}": 1, "{MARK}": 2}}',
    f'["{MARK}"]',
    f'"{MARK}"',
    f'{{"inputData": "{MARK}',
    f'{{"inputData": {MARK}}}',
    f'{{"{MARK}": NaN}}',
    f'{{"{MARK}": 1e999}}',
    f'{{"a": "{MARK}\x00"}}',
    '{"a":' * 200 + f'"{MARK}"' + "}" * 200,
    MARK.encode() + b"\xff",
]


@dataclass
class Collector(logging.Handler):
    """Everything that is logged but botocore's own debugging, as text with every field."""

    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(logging.DEBUG)

    def __hash__(self) -> int:
        return id(self)

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] in ("botocore", "boto3", "urllib3"):
            return
        self.texts.append(f"{logging.Formatter().format(record)} {vars(record)!r}")


@pytest.fixture
def logged(capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What was logged, at DEBUG, and printed."""
    collector, loggers = Collector(), [logging.getLogger(), logging.getLogger("foreman")]
    before = [(each, each.level) for each in loggers]
    for each in loggers:
        each.setLevel(logging.DEBUG)
        each.addHandler(collector)
    yield lambda: "\n".join([*collector.texts, *capfd.readouterr()])
    for each, level in before:
        each.setLevel(level)
        each.removeHandler(collector)


def says_nothing(answer: Answered) -> bool:
    """Whether an error quotes nothing of its request; what succeeds may show a caller its own data."""
    return answer.status < 400 or MARK not in json.dumps([answer.body, answer.headers], ensure_ascii=False)


def spoilt(value: Any) -> Iterator[Any]:
    """The value with the mark in the place of each part, as a name, and beside it."""
    yield from (MARK, {MARK: MARK}, [MARK])
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from ({**value, name: each} for each in spoilt(inner))
        yield {**value, MARK: MARK, "metadata": {MARK: MARK}}
        yield {**value, "metadata": MARK}
    if isinstance(value, list):
        for at, inner in enumerate(value):
            yield from ([*value[:at], each, *value[at + 1 :]] for each in spoilt(inner))


def bodies(method: str, path: str) -> list[Any]:
    if (method, path) not in BODIES:
        return [None]
    valid, wrong = BODIES[method, path]
    return [valid, *spoilt(valid), *(spoilt_body for body, _ in wrong for spoilt_body in spoilt(body))]


def filled(path: str, **ids: str) -> str:
    """The path with these ids in it."""
    for name, uid in ids.items():
        path = path.replace(f"{{{name}}}", uid)
    return path


def ask_all(api: Api, method: str, path: str, *, quick: bool = False) -> list[Answered]:
    """The route with marks in its body, path, query and headers, one place at a time."""
    run, task, schedule = (
        (MISSING_ID, MISSING_TASK_ID, MISSING_ID)
        if quick
        else (make_run(api)["id"], "", api("POST", "/api/v1/schedules", SCHEDULE).body["id"])
    )
    task = task or make_task(api, run)["id"]
    url = filled(path, run_id=run, task_id=task, schedule_id=schedule)

    def send(body: Any, to: str = url, **more: Any) -> Answered:
        text = json.dumps(body).replace(MISSING_ID, run).replace(MISSING_TASK_ID, task)
        return api(method, to, raw=None if body is None else text, **more)

    given = bodies(method, path)
    answers = [send(body) for body in (given[:1] if quick else given)]
    answers += [send(given[0], headers=headers) for headers in HEADERS]
    for query in (
        f"?{MARK}={MARK}",
        *(f"?{urlencode([(name, MARK)] * n)}" for name in PARAMETERS for n in (1, 2)),
    ):
        answers.append(send(given[0], url + query))
    answers.append(send(given[0], re.sub(r"\{\w+\}", MARK, path)))
    answers += [] if given == [None] else [api(method, url, raw=raw) for raw in RAW]
    return answers


@pytest.mark.parametrize(("method", "path"), ROUTES_SHOWN)
def test_nothing_of_a_request_is_in_an_error_or_a_log(
    api: Api, logged: Callable[[], str], method: str, path: str
) -> None:
    answers = ask_all(api, method, path)
    assert all(answer.status < 500 for answer in answers)
    assert [answer for answer in answers if not says_nothing(answer)] == []
    text = logged()
    assert "'request'" in text
    assert MARK not in text
    assert api.key not in text


def failing(api: Api, failure: Exception) -> Api:
    """The same API with stores and queues that fail in the very words of the caller."""

    class Failing:
        def __getattr__(self, _: str) -> Any:
            def fail(*_: Any, **__: Any) -> Any:
                raise failure

            return fail

    away: Any = Failing()
    ports = replace(api.ports, runs=away, tasks=away, run_data=away, schedules=away, messages=away)
    return with_ports(api, ports)


def with_ports(api: Api, ports: Ports) -> Api:
    """A container with other ports that knows the key already."""
    services = Services(api.services.settings, ports)
    [key] = api.ports.keys.of_org(api.org_id)
    services.remembered.remember_key(key.hash, key)
    return Api(services, api.key, api.org_id)


@pytest.mark.parametrize(("method", "path"), ROUTES_SHOWN)
def test_nothing_is_quoted_by_a_bug(api: Api, logged: Callable[[], str], method: str, path: str) -> None:
    broken = failing(api, ValueError(f"{MARK} {api.key}"))
    answers = ask_all(broken, method, path, quick=True)
    assert [answer for answer in answers if not says_nothing(answer)] == []
    text = logged()
    assert MARK not in text
    assert api.key not in text


@pytest.mark.parametrize(("status", "code"), [(400, "ValidationException"), (500, "InternalServerError")])
def test_nothing_is_quoted_that_aws_quotes(
    api: Api, logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch, status: int, code: str
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    session = local_session("us-east-1")

    class Raw:
        def stream(self, **_: Any) -> Iterator[bytes]:
            yield json.dumps({"__type": code, "message": f"Item {MARK} {api.key}"}).encode()

    headers: Any = {"Content-Type": "application/x-amz-json-1.0"}

    def answer(request: Any, **_: Any) -> Any:
        return AWSResponse(request.url, status, headers, Raw())

    session.events.register("before-send", answer)
    broken = with_ports(api, aws_ports(api.services.settings, session))
    failed = 0
    for method, path in ROUTES_SHOWN:
        url = filled(
            path,
            run_id=MISSING_ID,
            task_id=MISSING_TASK_ID,
            data_id=MISSING_ID,
            schedule_id=MISSING_ID,
        )
        answered = broken(method, url, bodies(method, path)[0])
        assert says_nothing(answered)
        failed += answered.status == (500 if status == 400 else 503)
    assert failed > len(ROUTES_SHOWN) // 2
    text = logged()
    assert MARK not in text
    assert api.key not in text


def test_the_collector_would_notice(logged: Callable[[], str]) -> None:
    logging.getLogger("foreman").info("request", extra={"somewhere": {"deep": MARK}})
    logging.getLogger("any").debug("%s", MARK)
    assert logged().count(MARK) >= 2


def test_the_server_does_not_turn_on_what_boto_tells_when_debugging() -> None:
    assert [logging.getLogger(name).level for name in ("botocore", "boto3", "urllib3")] == [
        logging.NOTSET
    ] * 3
