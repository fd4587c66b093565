"""GET /openapi.json says what the routes take and answer, and nothing else."""

import json
from collections.abc import Iterator
from functools import reduce
from typing import Any

import pytest
from chalice.app import Request
from openapi_spec_validator import validate

from app import app
from chalicelib.api import http
from chalicelib.api.http import ROUTES, UNLISTED
from foreman_engine.api.query import Query
from foreman_engine.api.routes import Route
from tests.factories import MISSING_ID, Api, memory_api
from tests.unit.api.flows import make_run, make_task
from tests.unit.api.test_routes import SCHEDULE

SERVED = {
    (entry.view_name, path, method)
    for path, methods in app.routes.items()
    for method, entry in methods.items()
    if not entry.view_name.startswith(UNLISTED)
}
READS = sorted(name for name, _, method in SERVED if method in ("GET", "DELETE"))


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return dict(memory_api()[0]("GET", "/openapi.json").body)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method.upper(), operation


def named(operation: dict[str, Any], place: str) -> list[str]:
    return [given["name"] for given in operation.get("parameters", []) if given["in"] == place]


def test_it_is_sound(document: dict[str, Any]) -> None:
    validate(document)


def test_every_route_is_there_with_what_it_declares(document: dict[str, Any]) -> None:
    found = {(path, method): operation for path, method, operation in operations(document)}
    assert set(found) == {(path, method) for _, path, method in SERVED}
    for name, path, method in SERVED:
        route, operation = ROUTES[name], found[path, method]
        assert (route.path, route.method) == (path, method)
        assert named(operation, "query") == [parameter.name for parameter in route.parameters]
        assert named(operation, "path") == [part[1:-1] for part in path.split("/") if part.startswith("{")]
        assert named(operation, "header") == (["Idempotency-Key"] if route.creates else [])
        assert ("requestBody" in operation) == (route.body is not None)
        assert (operation.get("security") == []) == route.public
        assert operation["summary"]


def test_every_answer_but_this_document_has_a_model() -> None:
    assert [ROUTES[name].path for name, _, _ in SERVED if not ROUTES[name].answers] == ["/openapi.json"]


def test_every_503_says_when_to_come_back(document: dict[str, Any]) -> None:
    shared = document["components"]["responses"]
    for path, _, operation in operations(document):
        away = operation["responses"]["503"]
        assert ("$ref" in away) == (path != "/health")
        assert "Retry-After" in (shared["Error503"] if "$ref" in away else away)["headers"]


def test_operation_ids_are_distinct(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)


def test_every_reference_leads_somewhere_and_every_schema_is_used(document: dict[str, Any]) -> None:
    references = set(refs(document))
    for reference in references:
        target: Any = document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
        assert target
    used = {reference.rsplit("/", 1)[-1] for reference in references}
    assert set(document["components"]["schemas"]) <= used


def refs(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                yield value
            else:
                yield from refs(value)
    elif isinstance(node, list):
        for value in node:
            yield from refs(value)


class Recorder(dict[str, list[str]]):
    """Query parameters that note which of them are read."""

    def __init__(self, values: dict[str, list[str]]) -> None:
        super().__init__(values)
        self.read: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.read.add(name)
        return super().get(name, default)


@pytest.mark.parametrize("name", READS)
def test_the_parameters_that_are_read_are_those_that_are_documented(
    name: str, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(api)
    task = make_task(api, run["id"])
    route = ROUTES[name]
    needed: dict[str, dict[str, list[str]]] = {
        "/api/v1/tasks": {"runId": [run["id"]]},
        "/api/v1/data": {"key": ["k"]},
    }
    recorder = Recorder(needed.get(route.path, {"key": ["k"]} if route.method == "DELETE" else {}))

    def query_of(_: Request) -> Query:
        return Query(recorder)

    monkeypatch.setattr(http, "query_of", query_of)
    schedule = api("POST", "/api/v1/schedules", SCHEDULE).body
    ids = {"{run_id}": run["id"], "{task_id}": task["id"], "{schedule_id}": schedule["id"]}
    url = reduce(lambda path, name: path.replace(name, ids[name]), ids, route.path)
    answer = api(route.method, url)
    assert answer.status == (404 if "data" in url and route.method == "DELETE" else 200), answer
    assert recorder.read == {parameter.name for parameter in route.parameters}


def test_routes_with_a_body_take_no_query_parameters() -> None:
    assert not [name for name, _, _ in SERVED if ROUTES[name].parameters and name not in READS]


def test_the_bounds_of_parameters_are_those_that_the_parser_enforces(api: Api) -> None:
    run_id = make_run(api)["id"]
    for path, other in (
        ("/api/v1/runs", ""),
        ("/api/v1/tasks", f"&runId={run_id}"),
        (f"/api/v1/runs/{run_id}/data", ""),
        ("/api/v1/data", "&key=k"),
    ):
        for parameter in route_of("GET", path.replace(run_id, "{run_id}")).parameters:
            schema = parameter.schema
            if schema["type"] == "integer":
                for value in (schema["minimum"], schema["default"], schema["maximum"]):
                    assert api("GET", f"{path}?{parameter.name}={value}{other}").status == 200
                for value in (schema["minimum"] - 1, schema["maximum"] + 1):
                    assert api("GET", f"{path}?{parameter.name}={value}{other}").status == 400
            for value in schema.get("enum", ()):
                assert api("GET", f"{path}?{parameter.name}={value}{other}").status == 200
            if schema["type"] == "boolean":
                statuses = [
                    api("GET", f"{path}?{parameter.name}={value}{other}").status
                    for value in ("true", "false", "1")
                ]
                assert statuses == [200, 200, 400]


def test_defaults_are_those_that_are_used(api: Api) -> None:
    for path in ("/api/v1/runs", f"/api/v1/runs/{make_run(api)['id']}/data"):
        given = "&".join(
            f"{parameter.name}={json.dumps(parameter.schema['default']).strip(chr(34))}"
            for parameter in route_of(
                "GET", "/api/v1/runs" + ("/{run_id}/data" if "data" in path else "")
            ).parameters
            if "default" in parameter.schema
        )
        assert api("GET", f"{path}?{given}").body == api("GET", path).body


def route_of(method: str, path: str) -> Route:
    [route] = [ROUTES[name] for name, of_path, of_method in SERVED if (of_path, of_method) == (path, method)]
    return route


def test_fields_that_are_required_are_so(document: dict[str, Any], api: Api) -> None:
    for name, path, method in SERVED:
        body = ROUTES[name].body
        if body is None:
            continue
        schema = document["components"]["schemas"][body.__name__]
        url = "/".join(MISSING_ID if part.startswith("{") else part for part in path.split("/"))
        answer = api(method, url, {})
        assert {detail["path"] for detail in answer.body["details"]} >= set(schema.get("required", ()))


def test_what_is_not_served_yet_is_not_shown(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["CreateRun"]["properties"]["shards"] == {"default": 1, "enum": [1]}
    assert not {"startBy"} & set(schemas["CreateTask"]["properties"])


def test_nothing_that_may_be_absent_is_shown_as_null(document: dict[str, Any]) -> None:
    text = json.dumps(document["components"]["schemas"])
    assert '"null"' not in text
    assert ": null" not in text


def test_what_is_refused_is_documented_with_its_codes(document: dict[str, Any]) -> None:
    operation = document["paths"]["/api/v1/runs/{run_id}/data"]["get"]
    assert "`query_too_broad`" in operation["responses"]["400"]["description"]
    for path, _, shown in operations(document):
        body = "requestBody" in shown
        assert {"413", "415"} & set(shown["responses"]) == ({"413", "415"} if body else set())
        assert ("404" in shown["responses"]) >= ("{" in path)
        assert ("401" in shown["responses"]) == path.startswith("/api/")


def test_the_document_is_built_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    first = api("GET", "/openapi.json")

    def never(*_: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr("chalicelib.api.openapi.document", never)
    assert api("GET", "/openapi.json") == first
