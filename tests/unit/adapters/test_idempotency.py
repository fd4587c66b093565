"""A record counts until the second it expires in, and not a millisecond longer; reader and writer agree."""

import pytest

from chalicelib.adapters.dynamo.idempotency import put_record, read_record
from foreman_engine.domain.idempotency import IdempotencyRecord

RECORD = IdempotencyRecord("scope", "body", ("one", "two"), expires_at_s=100)


@pytest.mark.parametrize(("now_ms", "counts"), [(99_999, True), (100_000, False), (100_001, False)])
def test_a_record_expires_for_reader_and_writer_at_once(now_ms: int, counts: bool) -> None:
    put = put_record("keys", "acme", RECORD, now_ms)["Put"]
    assert read_record("scope", dict(put["Item"]), now_ms) == (RECORD if counts else None)  # type: ignore[arg-type]
    assert put["ExpressionAttributeValues"][":now"] == {"N": str(now_ms // 1000)}
    assert (RECORD.expires_at_s <= now_ms // 1000) == (not counts)
