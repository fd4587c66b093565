"""The async side is the blocking side, awaited: the same names, signatures, words, requests, retries and results."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any, assert_type

import httpx
import pytest

import foreman_client
from foreman_client import (
    AsyncForeman,
    AsyncPages,
    Entry,
    EntryPage,
    Failure,
    Foreman,
    ForemanConfig,
    Pages,
    Result,
    Run,
    UnauthorizedError,
    WaitTimeoutError,
    aio,
    functions,
    initialize_async_foreman_client,
)
from foreman_client import _loops as loops
from foreman_client._async_http import AsyncSession
from foreman_contract.service import Config
from tests.unit.client.records import (
    RUN_ID,
    config_json,
    entry_json,
    error_json,
    page_json,
    queues_json,
    run_json,
)
from tests.unit.client.stub_service import CONFIG, StubService, answer, error_of, serving

BLOCKING_ONLY = {"create_worker"}
"""A worker has threads and an event loop of its own."""


def public(place: object) -> set[str]:
    return {name for name in dir(place) if not name.startswith("_")}


def callables(module: object) -> set[str]:
    bound = ("foreman_client._bind", "foreman_client._async_bind")
    return {n for n, v in vars(module).items() if inspect.isfunction(v) and v.__module__ in bound and n not in ("function", "paged_function", "async_function", "async_paged_function")}  # fmt: skip


def test_both_sides_have_the_same_names() -> None:
    assert public(Foreman) - BLOCKING_ONLY == public(AsyncForeman)
    assert callables(functions) == callables(aio)
    assert callables(functions) < public(Foreman)
    assert callables(functions) == {name for name in foreman_client.__all__ if name in callables(functions)}
    assert public(Pages) == public(AsyncPages)


@pytest.mark.parametrize("name", sorted(callables(functions)))
def test_both_sides_have_the_same_signatures_and_words(name: str) -> None:
    for blocking, awaited in ((functions, aio), (Foreman, AsyncForeman)):
        here, there = getattr(blocking, name), getattr(awaited, name)
        ours, theirs = inspect.signature(here), inspect.signature(there)
        assert ours.parameters == theirs.parameters
        assert (here.__name__, here.__qualname__) == (there.__name__, there.__qualname__)
        if name.startswith("iterate_"):
            assert str(ours.return_annotation).replace(".pages.Pages", ".async_pages.AsyncPages") == str(
                theirs.return_annotation
            )
            assert here.__doc__.replace("`Pages`", "`AsyncPages`") == there.__doc__
        else:
            assert ours.return_annotation == theirs.return_annotation
            assert here.__doc__ == there.__doc__
            assert inspect.iscoroutinefunction(there)


def test_types_are_those_of_the_blocking_side_awaited() -> None:
    async def typed(client: AsyncForeman) -> None:
        assert_type(await client.get_run(RUN_ID), Result[Run])
        assert_type(await aio.create_run(CONFIG, input_data=1), Result[Run])
        pages = client.iterate_run_data(RUN_ID)
        assert_type(pages, AsyncPages[Entry, EntryPage])
        assert_type(pages.__aiter__(), AsyncIterator[Result[Entry]])
        assert_type(pages.unwrap(), AsyncIterator[Entry])

    assert inspect.iscoroutinefunction(typed)


async def client_of(service: StubService) -> AsyncForeman:
    return AsyncForeman(CONFIG, Config.model_validate(config_json()), service.async_session())


def test_a_passing_fault_is_retried_under_one_idempotency_key() -> None:
    service = serving(
        httpx.ReadTimeout("slow"),
        answer(503, error_json("away"), {"Retry-After": "3"}),
        answer(201, run_json()),
    )

    async def main() -> None:
        async with await client_of(service) as client:
            assert (await client.create_run(input_data=None)).unwrap().id == RUN_ID

    asyncio.run(main())
    assert len({request.headers["idempotency-key"] for request in service.requests}) == 1
    assert service.slept == [0.5, 1 + 3]


def test_a_refusal_is_a_failure() -> None:
    async def main() -> Result[Run]:
        async with await client_of(serving(answer(401, error_json("unauthorized")))) as client:
            return await client.get_run(RUN_ID)

    assert isinstance(asyncio.run(main()), Failure)


@pytest.mark.parametrize("arguments", [{"run_id": 7}, {}, {"run_id": RUN_ID, "bogus": 1}])
def test_wrong_arguments_raise_where_the_call_is_awaited(arguments: dict[str, Any]) -> None:
    async def main() -> None:
        async with await client_of(serving(answer(200, run_json()))) as client:
            calls: list[Callable[[], Awaitable[object]]] = [
                lambda: client.get_run(**arguments),
                lambda: aio.get_run(CONFIG, **arguments),
            ]
            for call in calls:
                awaitable = call()
                with pytest.raises(TypeError):
                    await awaitable
            with pytest.raises(TypeError, match="config must be ForemanConfig"):
                await aio.get_run("http://h", RUN_ID)  # type: ignore[arg-type]
            with pytest.raises(TypeError, match="config must be ForemanConfig"):
                aio.iterate_runs("http://h")  # type: ignore[arg-type]
            with pytest.raises(TypeError):
                client.iterate_runs(limit="5")  # type: ignore[arg-type]

    asyncio.run(main())


def three_pages() -> StubService:
    pages = {
        None: page_json(entry_json(key="a"), entry_json(key="b"), nextCursor="1"),
        "1": page_json(nextCursor="2"),
        "2": page_json(entry_json(key="c")),
    }
    return serving(lambda request: answer(200, pages[request.url.params.get("cursor")]))


def test_every_row_of_every_page_comes_in_order_and_each_iteration_starts_anew() -> None:
    service = three_pages()

    async def main() -> None:
        async with await client_of(service) as client:
            entries = client.iterate_run_data(RUN_ID)
            assert service.requests == []
            assert [entry.key async for entry in entries.unwrap()] == ["a", "b", "c"]
            assert [result.unwrap().key async for result in entries] == ["a", "b", "c"]
            assert [len(result.unwrap().data) async for result in entries.pages()] == [2, 0, 1]

    asyncio.run(main())
    assert len(service.requests) == 9


def test_a_page_that_fails_is_one_failure_and_the_end() -> None:
    service = serving(
        answer(200, page_json(entry_json(), nextCursor="1")), answer(404, error_json("not_found"))
    )

    async def main() -> list[bool]:
        async with await client_of(service) as client:
            return [result.success async for result in client.iterate_run_data(RUN_ID)]

    assert asyncio.run(main()) == [True, False]


def test_waiting_ends_with_the_end_or_in_time() -> None:
    service = serving(answer(200, run_json(status="running")))

    async def main() -> Result[Run]:
        async with await client_of(service) as client:
            return await client.wait_for_run(RUN_ID, timeout_s=60)

    assert isinstance(error_of(asyncio.run(main())), WaitTimeoutError)
    assert service.now == 1060


def test_waiting_can_be_cancelled() -> None:
    async def main() -> None:
        session = serving(answer(200, run_json(status="running"))).async_session()
        settings = Config.model_validate(config_json())
        async with AsyncForeman(CONFIG, settings, replace(session, sleep=asyncio.sleep)) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.02):
                    await client.wait_for_run(RUN_ID, timeout_s=600)

    asyncio.run(main())


def test_a_client_knows_the_queues_of_its_own_names() -> None:
    own = queues_json("my-app:tasks", "my-app:results")

    async def main() -> None:
        for _ in range(2):
            service = serving(answer(200, config_json()), answer(200, own))
            transport = httpx.MockTransport(service)
            async with initialize_async_foreman_client(CONFIG, transport=transport) as client:
                assert client.settings.queues.result_queue_url == "http://sqs/my-app:results"
        service = serving(answer(200, config_json()), answer(200, own))
        client = await initialize_async_foreman_client(CONFIG, transport=httpx.MockTransport(service))
        await client.close()
        with pytest.raises(RuntimeError):
            await client.get_run(RUN_ID)

    asyncio.run(main())


def test_a_client_that_cannot_work_is_not_made() -> None:
    async def main() -> None:
        transport = httpx.MockTransport(serving(answer(401, error_json("unauthorized"))))
        with pytest.raises(UnauthorizedError):
            await initialize_async_foreman_client(CONFIG, transport=transport)
        with pytest.raises(TypeError, match="config must be"):
            initialize_async_foreman_client("http://h")  # type: ignore[arg-type]

    asyncio.run(main())


def test_a_client_says_so_when_it_is_used_in_another_event_loop() -> None:
    client = asyncio.run(client_of(serving(answer(200, run_json()))))
    with pytest.raises(RuntimeError, match="event loop it was opened in"):
        asyncio.run(client.get_run(RUN_ID))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[AsyncSession]]:
    """The sessions that the functions of `aio` open, in order; each answers a run."""
    sessions: list[AsyncSession] = []

    def open_stub(config: ForemanConfig) -> AsyncSession:
        sessions.append(serving(answer(200, run_json())).async_session(config))
        return sessions[-1]

    monkeypatch.setattr(loops, "open_async_session", open_stub)
    yield sessions
    assert all(session.http.is_closed for session in sessions)


def test_functions_share_a_session_per_config_and_loop_which_ends_with_the_loop(
    opened: list[AsyncSession],
) -> None:
    async def main() -> None:
        await asyncio.gather(*(aio.get_run(CONFIG, RUN_ID) for _ in range(3)))
        await aio.get_run(replace(CONFIG, max_retries=0), RUN_ID)

    asyncio.run(main())
    assert len(opened) == 2
    assert all(session.http.is_closed for session in opened)
    asyncio.run(main())
    assert len(opened) == 4


def test_functions_open_anew_after_a_close(opened: list[AsyncSession]) -> None:
    async def main() -> None:
        await aio.close()
        await aio.get_run(CONFIG, RUN_ID)
        await aio.close()
        assert opened[0].http.is_closed
        assert (await aio.get_run(CONFIG, RUN_ID)).success

    asyncio.run(main())
    assert len(opened) == 2


def test_of_many_configs_those_used_last_stay_open(opened: list[AsyncSession]) -> None:
    async def main() -> None:
        for number in range(12):
            await aio.get_run(replace(CONFIG, max_retries=number), RUN_ID)
        assert [session.http.is_closed for session in opened] == [True] * 4 + [False] * 8
        await aio.get_run(replace(CONFIG, max_retries=11), RUN_ID)

    asyncio.run(main())
    assert len(opened) == 12
