"""Run data while the indexes lag: what is asked of one run sees everything at once, and only searches across runs are late."""

import itertools
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chalicelib.adapters.dynamo import run_data_keys as keys
from chalicelib.adapters.dynamo.keys import INDEX_PARTITIONS
from chalicelib.adapters.dynamo.run_data import DynamoRunDataStore
from chalicelib.bootstrap import Services
from foreman_engine.service.keys import create_key
from tests.factories import Api
from tests.integration.adapters.conftest import Cloud
from tests.integration.adapters.test_dynamo import losing_tables
from tests.unit.api.data_flows import Params, RunData

pytestmark = pytest.mark.integration
_ORGANIZATIONS = itertools.count(1)
_PARTITION_KEYS = {keys.KEY_INDEX: "kpk", keys.TAG_INDEX: "tpk"}


@dataclass
class Lagging:
    """A client whose index queries answer as of the moment when time stopped for the indexes: as if empty, before that."""

    client: Any
    table: str
    _seen: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)

    def stop_time(self, org_id: str) -> None:
        """From now on the indexes answer as of now."""
        for index, name in _PARTITION_KEYS.items():
            for number in range(INDEX_PARTITIONS):
                partition = keys.index_partition(org_id, number)
                found = self.client.query(
                    TableName=self.table,
                    IndexName=index,
                    KeyConditionExpression=f"{name} = :pk",
                    ExpressionAttributeValues={":pk": {"S": partition}},
                )
                self._seen[index, partition] = found["Items"]

    def query(self, **request: Any) -> Any:
        if "IndexName" not in request:
            return self.client.query(**request)
        values = {name: value["S"] for name, value in request["ExpressionAttributeValues"].items()}
        behind = request.get("ExclusiveStartKey", {"sk": {"S": ""}})["sk"]["S"]
        seen = self._seen.get((request["IndexName"], values[":pk"]), [])
        found = [item for item in seen if values[":low"] <= item["sk"]["S"] <= values[":high"]]
        found = [item for item in found if item["sk"]["S"] > behind]
        page = found[: request["Limit"]]
        return {"Items": page, **({"LastEvaluatedKey": page[-1]} if len(page) < len(found) else {})}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)


@pytest.fixture
def lagging(cloud: Cloud) -> Lagging:
    return Lagging(cloud.dynamodb, cloud.settings.run_data_table)


@pytest.fixture
def data(cloud: Cloud, lagging: Lagging) -> RunData:
    """An empty run in an organization of its own."""
    org_id = f"lag-{next(_ORGANIZATIONS)}"
    tables: Any = replace(losing_tables(cloud), client=lagging)  # type: ignore[arg-type]
    ports = replace(cloud.ports, run_data=DynamoRunDataStore(tables))
    _, key = create_key(ports, org_id, cloud.settings.stage, unlimited=True)
    return RunData.of(Api(Services(cloud.settings, ports), key, org_id))


EVERY_QUERY: list[dict[str, Params]] = [
    {},
    {"includeAll": "true"},
    {"key": "k1"},
    {"keyStartsWith": "k"},
    {"keyPattern": "*1"},
    {"tags": "t"},
    {"tagStartsWith": "t"},
    {"tags": "t,t2", "tagMode": "all", "keyStartsWith": "k"},
]


def seen_by_all(data: RunData, tagged: list[Any], others: list[Any]) -> None:
    for params in EVERY_QUERY:
        for sort in ("created_at", "updated_at", "key"):
            rows = data.rows(**params, sortBy=sort, sortOrder="asc")
            wanted = tagged if "tags" in params or "tagStartsWith" in params else [*others, *tagged]
            assert [row["value"] for row in rows] == wanted, (params, sort)


@pytest.mark.parametrize("stopped", [True, False], ids=["a minute ago", "empty"])
def test_queries_of_a_run_see_each_change_at_once(data: RunData, lagging: Lagging, stopped: bool) -> None:
    if stopped:
        data.delete(id=data.add("k1", "old", tags=["t", "t2"])["id"])
        lagging.stop_time(data.api.org_id)
    entry = data.add("k1", "new", tags=["t", "t2"])
    seen_by_all(data, ["new"], [])
    data.retag(entry["id"], remove=["t", "t2"])
    seen_by_all(data, [], ["new"])
    data.retag(entry["id"], add=["t2", "t"])
    seen_by_all(data, ["new"], [])
    assert data.delete(key="k1").body == {"deleted": 1}
    seen_by_all(data, [], [])


# Of the one that got another tag, the first tag that begins with "t" is not in the index yet.
SEARCHES: list[tuple[dict[str, Params], list[str]]] = [
    ({"tags": "t"}, ["kept"]),
    ({"tagStartsWith": "t"}, ["kept"]),
    ({"tags": "t", "keyStartsWith": "k"}, ["kept"]),
    ({"key": "k-kept"}, ["kept"]),
    ({"keyStartsWith": "k-"}, ["kept", "retagged"]),
    ({"key": "k-gone"}, []),
    ({"key": "k-late"}, []),
]


def test_a_search_lags_and_shows_nothing_that_was_deleted_or_changed_since(
    data: RunData, lagging: Lagging
) -> None:
    made = {name: data.add(f"k-{name}", name, tags=["t", "t2"]) for name in ("gone", "kept", "retagged")}
    lagging.stop_time(data.api.org_id)
    data.delete(id=made["gone"]["id"])
    retagged = data.retag(made["retagged"]["id"], remove=["t"], add=["t-new"]).body
    data.add("k-late", "late", tags=["t"])
    for params, wanted in SEARCHES:
        for limit in (1, 100):
            seen: list[Any] = []
            more: dict[str, Params] = {}
            while True:
                page = data.search(**params, **more, limit=limit)
                assert page.status == 200
                seen += page.body["data"]
                if "nextCursor" not in page.body["pagination"]:
                    break
                more = {"cursor": page.body["pagination"]["nextCursor"]}
            found = [row["value"] for row in seen]
            assert found == wanted, params
            assert [row for row in seen if row["value"] == "retagged"] in ([], [retagged])


def test_a_search_of_indexes_that_know_nothing_yet_finds_nothing(data: RunData) -> None:
    data.add("k-kept", 1, tags=["t"])
    for params, _ in SEARCHES:
        answer = data.search(**params)
        assert (answer.status, answer.body["data"]) == (200, [])
