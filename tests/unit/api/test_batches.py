"""Batches from SQS: what comes back when some of it failed."""

from collections.abc import Mapping
from typing import Any

import pytest

from chalicelib.events.batches import RecordsFailedError, each_record
from chalicelib.events.telemetry import Tale
from foreman_engine.domain.errors import UnavailableError

EVENT = {"Records": [{"messageId": "good"}, {"messageId": "bad"}]}


def handle(record: Mapping[str, Any]) -> None:
    if record["messageId"] == "bad":
        raise UnavailableError("away")


def test_where_the_trigger_understands_only_what_failed_comes_back() -> None:
    assert each_record(EVENT, Tale(), handle, whole=False) == {
        "batchItemFailures": [{"itemIdentifier": "bad"}]
    }


def test_where_it_does_not_all_of_it_comes_back() -> None:
    with pytest.raises(RecordsFailedError, match="1 of 2"):
        each_record(EVENT, Tale(), handle, whole=True)


@pytest.mark.parametrize("whole", [True, False])
def test_what_went_well_is_done(whole: bool) -> None:
    assert each_record(EVENT, Tale(), lambda _: None, whole=whole) == {"batchItemFailures": []}
