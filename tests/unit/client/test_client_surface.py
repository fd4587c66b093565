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
        "iterate_schedules",
        "iterate_tasks",
        "create_schedule",
        "get_schedule",
        "list_schedules",
        "update_schedule",
        "delete_schedule",
        "fire_schedule",
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


OWN_MODULES = """
foreman_client foreman_client._answer foreman_client._arguments foreman_client._bind
foreman_client._describe foreman_client._http foreman_client._json foreman_client._request foreman_client._retry
foreman_client._stand_ins foreman_client._steps foreman_client._unset foreman_client._version foreman_client._walk foreman_client._watch
foreman_client._wire foreman_client.client foreman_client.config foreman_client.errors
foreman_client.functions foreman_client.operations foreman_client.operations.deleting
foreman_client.operations.graph_fields foreman_client.operations.iterating foreman_client.operations.run_data
foreman_client.operations.runs foreman_client.operations.schedules foreman_client.operations.service
foreman_client.operations.task_batches foreman_client.operations.task_body foreman_client.operations.task_parts
foreman_client.operations.tasks foreman_client.operations.templates foreman_client.operations.waiting
foreman_client.operations.watching foreman_client.pages foreman_client.result foreman_client.steering
foreman_contract foreman_contract.base foreman_contract.enums foreman_contract.fields foreman_contract.graphs
foreman_contract.limits foreman_contract.messages foreman_contract.pages foreman_contract.run_data
foreman_contract.runs foreman_contract.schedules foreman_contract.service foreman_contract.tasks
"""
OTHERS = {
    "annotated_types",
    "httpx",
    "idna",
    "pydantic",
    "pydantic_core",
    "typing_extensions",
    "typing_inspection",
}
OF_HTTPX = {"click", "pygments", "rich", "_distutils_hack"}
"""What httpx imports for its command line where it is there, and setuptools everywhere."""


def loaded_by(statement: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after the statement."""
    program = f"import sys; sys.path[:0] = {sys.path!r}\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return set(done.stdout.split())


def test_importing_the_package_loads_these_modules_and_no_others() -> None:
    loaded = loaded_by("import foreman_client")
    own = {name for name in loaded if name.startswith("foreman")}
    assert own == set(OWN_MODULES.split())
    tops = {name.split(".")[0] for name in loaded} - {"foreman_client", "foreman_contract"}
    assert {name for name in tops if not is_pythons_own(name)} - OF_HTTPX == OTHERS
    assert not {"asyncio", "concurrent", "multiprocessing", "sqlite3", "unittest"} & tops


def is_pythons_own(name: str) -> bool:
    return name in sys.stdlib_module_names or name.startswith(("_sysconfigdata", "__editable__", "__main__"))


def test_the_async_side_loads_neither_aws_nor_the_worker() -> None:
    loaded = loaded_by("from foreman_client import AsyncForeman, aio")
    assert {"asyncio", "foreman_client.aio", "foreman_client.async_client"} <= loaded
    heavy = ("boto3", "botocore", "foreman_client.worker", "foreman_client._sqs", "foreman_engine")
    assert not [name for name in loaded if name.startswith(heavy)]


def test_every_public_name_is_documented() -> None:
    for name in foreman_client.__all__:
        thing = getattr(foreman_client, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert inspect.getdoc(thing), name
            members = (
                vars(thing).items()
                if inspect.isclass(thing) and thing.__module__.startswith("foreman_client")
                else ()
            )
            for member, value in members:
                if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
                    assert inspect.getdoc(value), f"{name}.{member}"


def test_a_name_that_is_not_there_is_an_ordinary_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = foreman_client.nothing  # type: ignore[attr-defined]
    assert set(foreman_client.__all__) <= set(dir(foreman_client))


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
