"""Run data as it is asked for and changed: what goes over the wire, exactly."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from foreman_client import ConflictError, Entry, EntryPage, Foreman, InvalidRequestError, Result
from foreman_contract.run_data import ChangeTags
from foreman_contract.service import Config
from tests.unit.client.records import RUN_ID, config_json, entry_json, error_json, page_json, task_id
from tests.unit.client.stub_service import CONFIG, StubService, answer, error_of, serving

DATA_ID = entry_json()["id"]
AWKWARD = "a,b/ü%2F +&=#?;*🎉"
ESCAPED = "a%2Cb%2F%C3%BC%252F+%2B%26%3D%23%3F%3B%2A%F0%9F%8E%89"


def client_of(service: StubService) -> Foreman:
    return Foreman(CONFIG, Config.model_validate(config_json()), service.session())


def query_of(call: Callable[[Foreman], Result[EntryPage]]) -> list[tuple[str, str]]:
    """The query parameters of the one request of a call that is answered with a page."""
    service = serving(answer(200, page_json(entry_json())))
    call(client_of(service)).unwrap()
    (request,) = service.requests
    assert (request.method, request.content) == ("GET", b"")
    return request.url.params.multi_items()


def test_the_quick_start_is_sent_as_it_is_written() -> None:
    service = serving(answer(201, entry_json()), answer(200, page_json(entry_json())))
    client = client_of(service)
    client.create_run_data(
        RUN_ID,
        task_id=task_id(1),
        key="customer-data",
        value={"customerId": "123", "email": "user@example.com"},
        tags=["validated", "v1.0"],
    ).unwrap()
    client.query_run_data(RUN_ID, key="customer-data").unwrap()
    client.query_run_data(RUN_ID, tags=["validated"], tag_mode="any").unwrap()
    client.query_run_data(RUN_ID, key_starts_with=["customer-"], tags=["v1.0"]).unwrap()
    assert {request.url.path for request in service.requests} == {f"/prod/api/v1/runs/{RUN_ID}/data"}
    assert [request.url.params.multi_items() for request in service.requests[1:]] == [
        [("key", "customer-data")],
        [("tagMode", "any"), ("tags", "validated"), ("tags", "validated")],
        [
            ("keyStartsWith", "customer-"),
            ("keyStartsWith", "customer-"),
            ("tags", "v1.0"),
            ("tags", "v1.0"),
        ],
    ]


def test_every_filter_of_a_query_arrives() -> None:
    assert query_of(
        lambda client: client.query_run_data(
            RUN_ID,
            key="k",
            keys=["a", "b"],
            key_starts_with=["p", "q"],
            key_pattern="a*?",
            tags=["t", "u"],
            tag_starts_with=["v", "w"],
            tag_mode="all",
            include_all=True,
            sort_by="updated_at",
            sort_order="asc",
            limit=1000,
            offset=5,
            total=False,
        )
    ) == [
        ("key", "k"),
        ("keyPattern", "a*?"),
        ("tagMode", "all"),
        ("includeAll", "true"),
        ("keys", "a"),
        ("keys", "b"),
        ("keyStartsWith", "p"),
        ("keyStartsWith", "q"),
        ("tags", "t"),
        ("tags", "u"),
        ("tagStartsWith", "v"),
        ("tagStartsWith", "w"),
        ("sortBy", "updated_at"),
        ("sortOrder", "asc"),
        ("limit", "1000"),
        ("offset", "5"),
        ("total", "false"),
    ]


def test_any_character_of_a_key_or_tag_arrives_as_it_is() -> None:
    service = serving(answer(200, page_json()))
    client_of(service).query_run_data(RUN_ID, key=AWKWARD, tags=[AWKWARD]).unwrap()
    client_of(service).search_run_data(tags=AWKWARD).unwrap()
    in_run, across = service.requests
    assert in_run.url.query.decode() == f"key={ESCAPED}&tags={ESCAPED}&tags={ESCAPED}"
    assert across.url.query.decode() == f"tags={ESCAPED}&tags={ESCAPED}"


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        ({"key": "a,b"}, [("key", "a,b")]),
        ({"tags": "a,b"}, [("tags", "a,b")] * 2),
        ({"tags": ["t"]}, [("tags", "t")] * 2),
        ({"tag_starts_with": ("t",)}, [("tagStartsWith", "t")] * 2),
        (
            {"tags": "t", "key_starts_with": "p", "limit": 7, "cursor": "c"},
            [("keyStartsWith", "p")] * 2 + [("tags", "t")] * 2 + [("limit", "7"), ("cursor", "c")],
        ),
        ({"tags": []}, [("tags", "")]),
        ({"tags": ["t", "u"]}, [("tags", "t"), ("tags", "u")]),
        ({}, []),
    ],
)
def test_a_search_takes_one_value_alone_or_in_a_list_and_leaves_the_rules_to_the_service(
    arguments: dict[str, Any], query: list[tuple[str, str]]
) -> None:
    assert query_of(lambda client: client.search_run_data(**arguments)) == query


def test_a_search_goes_across_runs() -> None:
    service = serving(answer(200, page_json(entry_json(), nextCursor="c")))
    page = client_of(service).search_run_data(key="k").unwrap()
    assert service.requests[0].url.path == "/prod/api/v1/data"
    assert (page.data[0].key, page.pagination.next_cursor) == ("k", "c")


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ({"add": ["b", AWKWARD], "remove": ("a",)}, {"add": ["b", AWKWARD], "remove": ["a"]}),
        ({"add": ["a"]}, {"add": ["a"]}),
        ({"remove": ["a"], "add": []}, {"remove": ["a"], "add": []}),
    ],
)
def test_a_change_of_tags_holds_what_was_given_and_fits_the_contract(
    arguments: dict[str, Any], body: dict[str, Any]
) -> None:
    service = serving(answer(200, entry_json(tags=["b"])))
    entry = client_of(service).update_run_data_tags(RUN_ID, DATA_ID, **arguments).unwrap()
    (request,) = service.requests
    assert (request.method, request.url.path) == ("PATCH", f"/prod/api/v1/runs/{RUN_ID}/data/{DATA_ID}/tags")
    assert json.loads(request.content) == body
    assert ChangeTags.model_validate(body).to_wire() == body
    assert entry.tags == ["b"]


def test_a_change_of_nothing_is_left_for_the_service_to_refuse() -> None:
    service = serving(answer(400, error_json("invalid_request")))
    error = error_of(client_of(service).update_run_data_tags(RUN_ID, DATA_ID))
    assert isinstance(error, InvalidRequestError)
    assert service.bodies() == [{}]


def changed(*replies: Any) -> tuple[Result[Entry], StubService]:
    service = serving(*replies)
    return client_of(service).update_run_data_tags(RUN_ID, DATA_ID, add=["a"]), service


def test_a_change_of_tags_is_sent_again_for_it_leaves_the_same_tags() -> None:
    away = answer(503, error_json("service_unavailable"))
    result, service = changed(httpx.ReadTimeout("slow"), away, answer(200, entry_json(tags=["a"])))
    assert result.unwrap().tags == ["a"]
    assert service.bodies() == [{"add": ["a"]}] * 3


def test_a_change_of_tags_that_is_refused_is_told_at_once() -> None:
    result, service = changed(answer(409, error_json("conflict")))
    assert isinstance(error_of(result), ConflictError)
    assert len(service.requests) == 1


def test_ids_cannot_leave_their_places_in_the_path() -> None:
    service = serving(answer(200, entry_json()))
    client_of(service).update_run_data_tags("../x", "a/b?c#d", add=["t"]).unwrap()
    assert service.requests[0].url.raw_path == b"/prod/api/v1/runs/..%2Fx/data/a%2Fb%3Fc%23d/tags"


@pytest.mark.parametrize(
    ("operation", "arguments", "error"),
    [
        ("update_run_data_tags", {"run_id": RUN_ID, "data_id": ""}, ValueError),
        ("update_run_data_tags", {"run_id": "", "data_id": DATA_ID}, ValueError),
        ("update_run_data_tags", {"run_id": RUN_ID, "data_id": ".."}, ValueError),
        ("update_run_data_tags", {"run_id": RUN_ID, "data_id": 7}, TypeError),
        ("update_run_data_tags", {"run_id": RUN_ID, "data_id": DATA_ID, "add": "one"}, TypeError),
        ("update_run_data_tags", {"run_id": RUN_ID, "data_id": DATA_ID, "remove": [1]}, TypeError),
        ("update_run_data_tags", {"run_id": RUN_ID, "data_id": DATA_ID, "tags": ["a"]}, TypeError),
        ("search_run_data", {"key": ["k"]}, TypeError),
        ("search_run_data", {"tags": 7}, TypeError),
        ("search_run_data", {"tags": [7]}, TypeError),
        ("search_run_data", {"key_starts_with": {"a"}}, TypeError),
        ("search_run_data", {"key": "k", "limit": True}, TypeError),
        ("search_run_data", {"key": "k", "offset": 1}, TypeError),
    ],
)
def test_wrong_arguments_raise_at_the_caller_and_nothing_is_sent(
    operation: str, arguments: dict[str, Any], error: type[Exception]
) -> None:
    service = serving(answer(200, {}))
    with pytest.raises(error):
        getattr(client_of(service), operation)(**arguments)
    assert service.requests == []
