"""Iterating: every row of every page, each page fetched when it is needed and let go of before the next."""

import gc
import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, assert_type

import httpx
import pytest

import foreman_client
from foreman_client import (
    Entry,
    EntryPage,
    Failure,
    Foreman,
    NotFoundError,
    Pages,
    Result,
    Success,
    UnexpectedAnswerError,
)
from foreman_client import _http as http
from foreman_contract.service import Config
from tests.unit.client.records import RUN_ID, config_json, entry_json, error_json, page_json
from tests.unit.client.stub_service import CONFIG, StubService, answer, serving

Query = list[tuple[str, str]]
REFUSED = answer(404, error_json("not_found"))
LOST = httpx.ReadTimeout("slow")


def client_of(service: StubService) -> Foreman:
    return Foreman(CONFIG, Config.model_validate(config_json()), service.session())


def page(*keys: str, following: str | None = None) -> httpx.Response:
    rows = [entry_json(key=key) for key in keys]
    return answer(200, page_json(*rows, **({} if following is None else {"nextCursor": following})))


def three_pages() -> StubService:
    """Pages by their cursor, so that a walk can begin again; the second is empty."""
    pages = {None: page("a", "b", following="1"), "1": page(following="2"), "2": page("c")}
    return serving(lambda request: pages[request.url.params.get("cursor")])


def queries(service: StubService) -> list[Query]:
    return [request.url.params.multi_items() for request in service.requests]


def keys(entries: Iterator[Entry]) -> list[str]:
    return [entry.key for entry in entries]


def test_every_row_of_every_page_comes_in_order() -> None:
    service = three_pages()
    results = list(client_of(service).iterate_run_data(RUN_ID))
    assert [result.unwrap().key for result in results] == ["a", "b", "c"]
    assert all(isinstance(result, Success) for result in results)


def test_pages_are_asked_for_large_and_uncounted_by_their_cursor() -> None:
    service = three_pages()
    list(client_of(service).iterate_run_data(RUN_ID, key="a,b", tags=["t"]))
    filters = [("key", "a,b"), ("tags", "t"), ("tags", "t"), ("limit", "1000")]
    assert queries(service) == [
        [*filters, ("total", "false")],
        [*filters, ("cursor", "1"), ("total", "false")],
        [*filters, ("cursor", "2"), ("total", "false")],
    ]
    assert {request.url.path for request in service.requests} == {f"/prod/api/v1/runs/{RUN_ID}/data"}


def test_the_caller_chooses_size_and_count_and_where_to_start() -> None:
    service = three_pages()
    list(client_of(service).iterate_run_data(RUN_ID, limit=5, offset=20, total=True))
    assert queries(service) == [
        [("limit", "5"), ("offset", "20"), ("total", "true")],
        [("limit", "5"), ("cursor", "1"), ("total", "true")],
        [("limit", "5"), ("cursor", "2"), ("total", "true")],
    ]
    again = three_pages()
    assert keys(client_of(again).iterate_run_data(RUN_ID, cursor="1", limit=None).unwrap()) == ["c"]
    assert [dict(query)["cursor"] for query in queries(again)] == ["1", "2"]


def test_a_search_is_iterated_across_runs_and_knows_no_count() -> None:
    service = three_pages()
    assert keys(client_of(service).iterate_run_data_search(tags="t").unwrap()) == ["a", "b", "c"]
    tags = [("tags", "t"), ("tags", "t"), ("limit", "1000")]
    assert queries(service) == [tags, [*tags, ("cursor", "1")], [*tags, ("cursor", "2")]]
    assert {request.url.path for request in service.requests} == {"/prod/api/v1/data"}


def test_nothing_is_fetched_before_it_is_needed() -> None:
    service = three_pages()
    entries = client_of(service).iterate_run_data(RUN_ID)
    rows, plain, pages = iter(entries), entries.unwrap(), entries.pages()
    assert service.requests == []
    for iterator in (rows, plain, pages):
        next(iterator)
    assert len(service.requests) == 3
    next(rows)
    assert len(service.requests) == 3
    next(rows)
    assert len(service.requests) == 3 + 2


def test_every_iteration_starts_anew() -> None:
    service = three_pages()
    entries = client_of(service).iterate_run_data(RUN_ID)
    assert keys(islice(entries.unwrap(), 1)) == ["a"]
    assert keys(entries.unwrap()) == keys(entries.unwrap()) == ["a", "b", "c"]
    one, other = iter(entries), iter(entries)
    assert [next(one).unwrap().key, next(other).unwrap().key, next(one).unwrap().key] == ["a", "a", "b"]
    assert [query for query in queries(service) if "cursor" not in dict(query)] == [queries(service)[0]] * 5


def failing_second() -> Pages[Entry, EntryPage]:
    return client_of(serving(page("a", following="1"), REFUSED, page("c"))).iterate_run_data(RUN_ID)


def test_a_page_that_fails_is_one_failure_and_the_end() -> None:
    first, second = failing_second()
    assert first.unwrap().key == "a"
    assert isinstance(second.error, NotFoundError)
    assert [result.success for result in failing_second().pages()] == [True, False]


def test_unwrapped_rows_raise_where_the_failure_is() -> None:
    entries = failing_second().unwrap()
    assert next(entries).key == "a"
    with pytest.raises(NotFoundError):
        next(entries)
    assert list(entries) == []


def test_a_passing_fault_within_a_walk_is_retried() -> None:
    service = serving(page("a", following="1"), LOST, page("b"))
    assert keys(client_of(service).iterate_run_data(RUN_ID).unwrap()) == ["a", "b"]


def test_pages_come_whole_also_when_they_are_empty() -> None:
    pages = [result.unwrap() for result in client_of(three_pages()).iterate_run_data(RUN_ID).pages()]
    assert [[entry.key for entry in each.data] for each in pages] == [["a", "b"], [], ["c"]]
    assert [each.pagination.next_cursor for each in pages] == ["1", "2", None]


def test_a_walk_that_was_left_goes_on_from_a_page_s_cursor() -> None:
    client = client_of(three_pages())
    for result in client.iterate_run_data(RUN_ID).pages():
        cursor = result.unwrap().pagination.next_cursor
        break
    assert keys(client.iterate_run_data(RUN_ID, cursor=cursor).unwrap()) == ["c"]


def test_a_page_that_is_followed_by_itself_ends_the_walk() -> None:
    service = serving(page("a", following="1"))
    *_, last = islice(client_of(service).iterate_run_data(RUN_ID), 9)
    assert isinstance(last.error, UnexpectedAnswerError)
    assert len(service.requests) == 2


@pytest.mark.parametrize("walk", [iter, Pages.unwrap, Pages.pages])
def test_at_most_one_page_is_held(walk: Callable[[Pages[Entry, EntryPage]], Iterator[object]]) -> None:
    held: list[int] = []

    def reply(request: httpx.Request) -> httpx.Response:
        gc.collect()
        held.append(sum(isinstance(each, EntryPage) for each in gc.get_objects()) - before)
        number = len(held)
        return page("a", "b", following=str(number) if number < 4 else None)

    iterator = walk(client_of(serving(reply)).iterate_run_data(RUN_ID))
    gc.collect()
    before = sum(isinstance(each, EntryPage) for each in gc.get_objects())
    while next(iterator, None) is not None:
        pass
    assert held == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("operation", "arguments", "error"),
    [
        ("iterate_run_data", {"run_id": ""}, ValueError),
        ("iterate_run_data", {}, TypeError),
        ("iterate_run_data", {"run_id": RUN_ID, "tags": "one"}, TypeError),
        ("iterate_run_data", {"run_id": RUN_ID, "limit": "5"}, TypeError),
        ("iterate_run_data", {"run_id": RUN_ID, "bogus": 1}, TypeError),
        ("iterate_run_data_search", {"key": 7}, TypeError),
        ("iterate_run_data_search", {"key": "k", "total": False}, TypeError),
    ],
)
def test_wrong_arguments_raise_at_the_call_and_not_at_the_first_row(
    operation: str, arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        getattr(client_of(three_pages()), operation)(**arguments)


def test_as_a_function_it_takes_the_config_first(monkeypatch: pytest.MonkeyPatch) -> None:
    service, config = three_pages(), replace(CONFIG, max_retries=0)
    monkeypatch.setattr(http, "open_session", service.session)
    http.session_for.cache_clear()
    try:
        assert keys(foreman_client.iterate_run_data(config, RUN_ID).unwrap()) == ["a", "b", "c"]
        with pytest.raises(TypeError, match="config must be ForemanConfig"):
            foreman_client.iterate_run_data("http://h", RUN_ID)  # type: ignore[arg-type]
    finally:
        http.session_for.cache_clear()


@pytest.mark.parametrize(
    ("name", "operation", "defaults"),
    [
        ("iterate_run_data", "query_run_data", "`limit=1000` and `total=False`"),
        ("iterate_run_data_search", "search_run_data", "`limit=1000`"),
    ],
)
def test_iterating_calls_look_like_their_operations_but_answer_pages(
    name: str, operation: str, defaults: str
) -> None:
    for place in (foreman_client, Foreman):
        iterating, asking = (inspect.signature(getattr(place, each)) for each in (name, operation))
        assert iterating.parameters == asking.parameters
        assert iterating.return_annotation == Pages[Entry, EntryPage]
        assert getattr(place, name).__name__ == getattr(place, name).__qualname__ == name
        doc = inspect.getdoc(getattr(place, name)) or ""
        assert doc.startswith(f"Iterate over every row that `{operation}` answers")
        assert f"asked for with {defaults} unless" in doc
        assert doc.endswith(inspect.getdoc(getattr(place, operation)) or "?")


def test_types_are_those_of_rows_and_pages() -> None:
    entries = client_of(three_pages()).iterate_run_data(RUN_ID)
    assert_type(entries, Pages[Entry, EntryPage])
    assert_type(iter(entries), Iterator[Result[Entry]])
    assert_type(entries.unwrap(), Iterator[Entry])
    assert_type(entries.pages(), Iterator[Result[EntryPage]])


def test_a_failure_can_be_matched() -> None:
    found: list[str] = []
    for result in failing_second():
        match result:
            case Success(entry):
                found.append(entry.key)
            case Failure(NotFoundError() as error):
                found.append(error.code)
    assert found == ["a", "not_found"]
