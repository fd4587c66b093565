"""The package's face: what it exports, how its functions and methods look, what importing it costs."""

import inspect
import subprocess
import sys

import httpx
import pytest

import foreman_client
import foreman_client.functions
from foreman_client import Foreman, ForemanConfig, UnauthorizedError, initialize_foreman_client
from foreman_client import _http as http
from tests.unit.client.records import config_json, error_json, queues_json, run_json
from tests.unit.client.stub_service import CONFIG, answer, serving

OPERATIONS = [
    name for name in vars(foreman_client.functions) if inspect.isfunction(getattr(foreman_client, name, None))
]


def test_exports_are_sorted_and_real() -> None:
    assert foreman_client.__all__ == sorted(foreman_client.__all__)
    assert all(hasattr(foreman_client, name) for name in foreman_client.__all__)


def test_there_are_operations() -> None:
    assert {"create_run", "enqueue_tasks", "query_run_data", "wait_for_task", "health"} <= set(OPERATIONS)
    assert {
        "iterate_run_data",
        "iterate_run_data_search",
        "iterate_runs",
        "iterate_tasks",
        "delete_run_data",
    } <= set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_is_a_function_and_a_method_with_the_same_signature(name: str) -> None:
    function = inspect.signature(getattr(foreman_client, name))
    method = inspect.signature(getattr(Foreman, name))
    (config, *rest), (_, *same) = function.parameters.values(), method.parameters.values()
    assert (config.name, config.annotation) == ("config", ForemanConfig)
    assert rest == same
    assert any(word in str(function.return_annotation) for word in ("Result", "Success", "Pages"))
    assert getattr(foreman_client, name).__doc__ == getattr(Foreman, name).__doc__
    assert getattr(foreman_client, name).__name__ == name


def test_importing_the_package_imports_neither_aws_nor_the_worker() -> None:
    program = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "import foreman_client\n"
        "heavy = [m for m in sys.modules if m.split('.')[0] in ('boto3', 'botocore')"
        " or m.startswith(('foreman_client.worker', 'foreman_client._sqs', 'foreman_engine'))]\n"
        "sys.exit(', '.join(heavy) or None)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_functions_of_one_config_share_connections_and_take_nothing_but_a_config(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = serving(answer(200, run_json()))
    opened: list[ForemanConfig] = []

    def open_stub(config: ForemanConfig) -> http.Session:
        opened.append(config)
        return service.session(config)

    monkeypatch.setattr(http, "open_session", open_stub)
    http.session_for.cache_clear()
    try:
        for _ in range(3):
            assert foreman_client.get_run(CONFIG, "r").success
        assert opened == [CONFIG]
        with pytest.raises(TypeError, match="config must be ForemanConfig"):
            foreman_client.get_run("http://h", "r")  # type: ignore[arg-type]
    finally:
        http.session_for.cache_clear()


def test_a_client_knows_the_queues_of_its_own_names() -> None:
    own = queues_json("my-app:tasks", "my-app:results")
    service = serving(answer(200, config_json()), answer(200, own))
    client = initialize_foreman_client(CONFIG, transport=httpx.MockTransport(service))
    assert client.settings.queues.task_queue_url == "http://sqs/my-app:tasks"
    assert [request.url.path for request in service.requests] == [
        "/prod/api/v1/config",
        "/prod/api/v1/config/queues",
    ]


def test_a_client_of_the_default_names_asks_once() -> None:
    service = serving(answer(200, config_json()))
    with initialize_foreman_client(
        ForemanConfig("http://h", "k"), transport=httpx.MockTransport(service)
    ) as client:
        assert client.settings.queues.task_queue == "foreman:tasks"
    assert len(service.requests) == 1


def test_a_client_that_cannot_work_is_not_made() -> None:
    service = serving(answer(401, error_json("unauthorized")))
    with pytest.raises(UnauthorizedError):
        initialize_foreman_client(CONFIG, transport=httpx.MockTransport(service))
