"""Conditional writes under conflicts, throttles and lost answers."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from chalicelib.adapters.backoff import TRIES
from chalicelib.adapters.dynamo.errors import RefusedError
from chalicelib.adapters.dynamo.writes import MARK, new_mark, put_all, transact, write
from foreman_engine.domain.errors import UnavailableError
from tests.unit.adapters.fakes import Scripted, cancelled, client_error

PUT: Any = {"Put": {"TableName": "t", "Item": {}}}
UPDATE: Any = {"Update": {"TableName": "t", "Key": {}, "UpdateExpression": "SET a = :a"}}


def failed_condition(old: Any) -> ClientError:
    return client_error("ConditionalCheckFailedException", Item=old)


def test_a_refusal_that_finds_its_own_mark_was_its_own_copy() -> None:
    mark = new_mark()
    write(Scripted(failed_condition({MARK: mark})), UPDATE, mark)  # type: ignore[arg-type]


@pytest.mark.parametrize("old", [None, {}, {MARK: {"B": b"another!"}}])
def test_a_refusal_without_its_mark_is_somebody_else(old: Any) -> None:
    with pytest.raises(RefusedError) as raised:
        write(Scripted(failed_condition(old)), PUT, new_mark())  # type: ignore[arg-type]
    assert [(refusal.failed, refusal.old) for refusal in raised.value.refusals] == [(True, old)]


def test_a_single_write_that_meets_a_transaction_is_tried_again(slept: list[float]) -> None:
    client = Scripted(client_error("TransactionConflictException"), {})
    write(client, UPDATE, new_mark())  # type: ignore[arg-type]
    assert [name for name, _ in client.calls] == ["update_item"] * 2
    assert len(slept) == 1


def test_a_crowded_transaction_draws_its_actions_anew_under_a_new_token(slept: list[float]) -> None:
    client = Scripted(cancelled("None", "TransactionConflict"), cancelled("ThrottlingError", "None"), {})
    drawn = iter([[PUT], [UPDATE], [PUT, UPDATE]])
    transact(client, lambda: next(drawn))  # type: ignore[arg-type]
    assert [request["TransactItems"] for _, request in client.calls] == [[PUT], [UPDATE], [PUT, UPDATE]]
    assert len({request["ClientRequestToken"] for _, request in client.calls}) == 3
    assert len(slept) == 2


def test_a_failed_condition_outweighs_a_conflict(slept: list[float]) -> None:
    client = Scripted(cancelled("TransactionConflict", "ConditionalCheckFailed", "None"))
    with pytest.raises(RefusedError) as raised:
        transact(client, lambda: [PUT])  # type: ignore[arg-type]
    assert [refusal.failed for refusal in raised.value.refusals] == [False, True, False]
    assert slept == []


def test_patience_ends(slept: list[float]) -> None:
    client = Scripted(cancelled("TransactionConflict"))
    with pytest.raises(UnavailableError):
        transact(client, lambda: [PUT])  # type: ignore[arg-type]
    assert len(client.calls) == TRIES
    assert all(0 <= pause <= 0.5 for pause in slept)


@pytest.mark.parametrize(
    "error",
    [
        client_error("ProvisionedThroughputExceededException"),
        client_error("ThrottlingException"),
        client_error("Anything", ResponseMetadata={"HTTPStatusCode": 503}),
        EndpointConnectionError(endpoint_url="http://db"),
        ReadTimeoutError(endpoint_url="http://db"),
    ],
)
def test_what_time_heals_is_unavailable(error: Exception) -> None:
    with pytest.raises(UnavailableError):
        write(Scripted(error), PUT, new_mark())  # type: ignore[arg-type]


def test_a_wrong_request_stays_what_it_is() -> None:
    with pytest.raises(ClientError):
        transact(Scripted(client_error("ValidationException")), lambda: [PUT])  # type: ignore[arg-type]


def test_items_that_were_not_taken_are_put_again(slept: list[float]) -> None:
    items: Any = [{"pk": {"S": str(number)}} for number in range(30)]
    left: Any = [{"PutRequest": {"Item": items[3]}}]
    done: dict[str, Any] = {"UnprocessedItems": {}}
    client = Scripted({"UnprocessedItems": {"t": left}}, done, done)
    put_all(client, "t", items)  # type: ignore[arg-type]
    sizes = [len(request["RequestItems"]["t"]) for _, request in client.calls]
    assert (sizes, len(slept)) == ([25, 1, 5], 1)
    with pytest.raises(UnavailableError):
        put_all(Scripted({"UnprocessedItems": {"t": left}}), "t", items[:1])  # type: ignore[arg-type]
