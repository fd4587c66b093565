"""Reads that DynamoDB answers in parts."""

from typing import Any

import pytest

from chalicelib.adapters.dynamo.keys import Range
from chalicelib.adapters.dynamo.reads import batch_get, in_range, query, query_only
from foreman_engine.domain.errors import UnavailableError
from tests.unit.adapters.fakes import Scripted


def key(number: int) -> Any:
    return {"pk": {"S": "p"}, "sk": {"S": str(number)}}


def part(found: list[Any], left: list[Any]) -> Any:
    return {"Responses": {"t": found}, "UnprocessedKeys": {"t": {"Keys": left}} if left else {}}


def test_keys_that_were_left_over_are_read_again(slept: list[float]) -> None:
    client = Scripted(part([key(1)], [key(2), key(3)]), part([], [key(3)]), part([key(3)], []))
    assert batch_get(client, "t", [key(1), key(2), key(3)]) == [key(1), key(3)]  # type: ignore[arg-type]
    assert len(slept) == 1
    assert client.calls[1][1]["RequestItems"]["t"]["Keys"] == [key(2), key(3)]


def test_more_than_a_hundred_keys_and_repeats_are_cut_to_size() -> None:
    client = Scripted(part([], []))
    batch_get(client, "t", [key(number) for number in range(150)] * 2)  # type: ignore[arg-type]
    assert [len(request["RequestItems"]["t"]["Keys"]) for _, request in client.calls] == [100, 50]
    assert all(request["RequestItems"]["t"]["ConsistentRead"] for _, request in client.calls)


def test_patience_ends(slept: list[float]) -> None:
    with pytest.raises(UnavailableError):
        batch_get(Scripted(part([], [key(1)])), "t", [key(1)])  # type: ignore[arg-type]
    assert len(slept) == 10


def test_a_query_goes_on_until_it_has_what_was_wanted() -> None:
    pages = [
        {"Items": [key(1), key(2)], "LastEvaluatedKey": key(2)},
        {"Items": [], "LastEvaluatedKey": key(5)},
        {"Items": [key(6)], "LastEvaluatedKey": key(6)},
    ]
    client = Scripted(*pages)
    found = query(client, in_range("t", Range("p", "a", "b"), after=key(0)), 3)  # type: ignore[arg-type]
    assert found == [key(1), key(2), key(6)]
    assert [request["ExclusiveStartKey"] for _, request in client.calls] == [key(0), key(2), key(5)]
    assert [request["Limit"] for _, request in client.calls] == [3, 1, 1]
    assert all(request["ConsistentRead"] for _, request in client.calls)


def test_a_query_for_some_attributes_reads_every_page_of_them() -> None:
    client = Scripted({"Items": [key(1)], "LastEvaluatedKey": key(1)}, {"Items": [key(2)]})
    found = query_only(client, in_range("t", Range("p", "a", "b")), "i", "o")  # type: ignore[arg-type]
    assert list(found) == [key(1), key(2)]
    assert [request.get("ExclusiveStartKey") for _, request in client.calls] == [None, key(1)]
    for _, request in client.calls:
        assert request["ProjectionExpression"] == "#i, #o"
        assert request["ExpressionAttributeNames"] == {"#i": "i", "#o": "o"}
        assert request["ConsistentRead"]
