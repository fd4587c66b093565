"""Counting what DynamoDB says, and refusing what must not be called."""

from types import SimpleNamespace

import pytest

from benchmarks.usage import RefusedCallError, Usage
from infra.local.cloud import local_session


def test_units_are_added_by_operation_until_a_reset() -> None:
    usage, session = Usage(), local_session("us-east-1")
    usage.watch(session)
    for operation, consumed in (
        ("Query", {"CapacityUnits": 1.5}),
        ("BatchGetItem", [{"CapacityUnits": 2.0}, {"CapacityUnits": 0.5}]),
        ("PutItem", {"CapacityUnits": 3.0}),
        ("Query", {"CapacityUnits": 1.0}),
    ):
        parsed, model = {"ConsumedCapacity": consumed}, SimpleNamespace(name=operation)
        session.events.emit(f"after-call.dynamodb.{operation}", parsed=parsed, model=model)
    session.events.emit("after-call.dynamodb.PutItem", parsed={}, model=SimpleNamespace(name="PutItem"))
    assert (usage.read_units, usage.write_units) == (5.0, 3.0)
    assert usage.units == {"Query": 2.5, "BatchGetItem": 2.5, "PutItem": 3.0}
    assert usage.calls == {"Query": 2, "BatchGetItem": 1, "PutItem": 2}
    usage.reset()
    assert (usage.read_units, usage.write_units, usage.calls) == (0, 0, {})


def test_a_scan_is_refused_before_it_is_sent() -> None:
    usage, session = Usage(), local_session("us-east-1")
    usage.watch(session)
    client = session.client("dynamodb", endpoint_url="http://127.0.0.1:1")
    with pytest.raises(RefusedCallError, match="Scan"):
        client.scan(TableName="t")
    with pytest.raises(RefusedCallError, match="ExecuteStatement"):
        client.execute_statement(Statement="SELECT * FROM t")
    assert usage.calls == {}
